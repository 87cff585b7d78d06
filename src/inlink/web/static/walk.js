/* The neighbourhood as a graph to move about in: sigma takes the place of the drawing when that is asked for. */
(() => {
  "use strict";

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const HUES = { "target": "--ink", "links follow": "--d1", "links not follow": "--d6", "linked both ways": "--d5", "linked from it": "--d3" };

  function canDraw() {
    try {
      return Boolean(document.createElement("canvas").getContext("webgl2"));
    } catch {
      return false;
    }
  }

  function graphOf(found) {
    const graph = new graphology.Graph({ type: "directed", multi: false });
    for (const node of found.nodes) {
      graph.addNode(node.domain, { x: node.x, y: -node.y, size: 5 + 15 * Math.sqrt(node.size), label: node.domain, kind: node.kind, color: css(HUES[node.kind]), forceLabel: node.kind === "target" });
    }
    for (const edge of found.edges) {
      if (!graph.hasEdge(edge.source, edge.target)) graph.addEdge(edge.source, edge.target, { size: edge.is_follow ? 1.2 : 0.6, color: css("--line-2") });
    }
    return graph;
  }

  function hover(pen, data, settings) {
    const size = settings.labelSize;
    pen.font = `600 ${size}px ${settings.labelFont}`;
    const width = pen.measureText(data.label).width;
    pen.fillStyle = css("--surface");
    pen.strokeStyle = css("--line-2");
    pen.beginPath();
    pen.rect(data.x + data.size + 2, data.y - size / 2 - 5, width + 10, size + 10);
    pen.fill();
    pen.stroke();
    pen.fillStyle = css("--ink");
    pen.fillText(data.label, data.x + data.size + 7, data.y + size / 3);
  }

  const load = (source) => new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = source;
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  });

  async function walk(box) {
    for (const source of box.dataset.scripts.split(" ")) await load(source);
    const answer = await fetch(box.dataset.walk, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    const found = await answer.json();
    const drawn = [...box.childNodes];
    box.classList.add("live");
    box.replaceChildren();
    let shown;
    const draw = () => {
      if (shown) shown.kill();
      shown = new Sigma(graphOf(found), box, {
        labelColor: { color: css("--ink-2") }, labelFont: css("--sans"), labelSize: 12, labelRenderedSizeThreshold: 7, labelGridCellSize: 120,
        defaultDrawNodeHover: hover, minCameraRatio: 0.2, maxCameraRatio: 3, stagePadding: 40, zIndex: true,
      });
      shown.on("clickNode", ({ node }) => {
        location.assign(`${box.dataset.page}?${new URLSearchParams({ q: node, scope: "domain" })}`);
      });
      let near = null;
      shown.on("enterNode", ({ node }) => { near = node; box.classList.add("over"); shown.refresh(); });
      shown.on("leaveNode", () => { near = null; box.classList.remove("over"); shown.refresh(); });
      shown.setSetting("edgeReducer", (edge, data) => {
        if (near === null) return data;
        return shown.getGraph().hasExtremity(edge, near) ? { ...data, color: css("--accent"), zIndex: 1 } : { ...data, hidden: true };
      });
    };
    try {
      draw();
    } catch {
      box.classList.remove("live");
      box.replaceChildren(...drawn);
      return;
    }
    document.querySelector("[data-hint]").textContent = "drag to move, scroll to come closer, click to stand there";
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  }

  const box = document.querySelector("[data-walk]");
  const move = document.querySelector("[data-move]");
  if (!box || !move || !canDraw()) return;
  move.hidden = false;
  move.addEventListener("click", () => {
    move.disabled = true;
    walk(box).catch(() => { move.disabled = false; });
  });
})();
