/* Referring domains over time: draws the table behind it, and says below it what the pointer is at. */
(() => {
  "use strict";

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function hatch(colour, ground) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const pen = tile.getContext("2d");
    pen.fillStyle = ground;
    pen.fillRect(0, 0, 6, 6);
    pen.strokeStyle = colour;
    pen.lineWidth = 1.2;
    for (const x of [-3, 3]) {
      pen.beginPath();
      pen.moveTo(x, 6);
      pen.lineTo(x + 6, 0);
      pen.stroke();
    }
    return pen.createPattern(tile, "repeat");
  }

  function numbers(table) {
    const rows = [...table.tBodies[0].rows];
    const column = (name) => rows.map((row) => Number(row.dataset[name]));
    return {
      at: rows.map((row) => Date.parse(row.dataset.start) / 1000),
      label: rows.map((row) => row.cells[0].textContent.trim()),
      domains: column("domains"), isNew: column("new"), found: column("found"), lost: column("lost"), unseen: column("unseen"),
    };
  }

  const whole = (plot, splits) => splits.map((value) => (Number.isInteger(value) ? Math.abs(value).toLocaleString("en") : ""));
  const signed = (plot, splits) =>
    splits.map((v) => (Number.isInteger(v) ? (v > 0 ? "+" : v < 0 ? "−" : "") + Math.abs(v).toLocaleString("en") : ""));

  function draw(box) {
    const n = numbers(document.getElementById(box.dataset.table));
    const read = box.querySelector("[data-read]");
    const said = read.textContent;
    const font = "11px " + css("--sans");
    const zip = (...lists) => lists[0].map((_, i) => lists.reduce((sum, list) => sum + list[i], 0));
    const axis = (values, size) => ({ stroke: css("--axis"), font, grid: { stroke: css("--grid"), width: 1 }, ticks: { show: false }, size: 46, values, space: size });
    const width = box.clientWidth;
    const half = n.at.length > 1 ? (n.at[1] - n.at[0]) * 0.6 : 1;
    const time = { time: true, range: (_, low, high) => [low - half, high + half] };
    const shown = (plot) => {
      const inside = n.at.filter((at) => at >= plot.scales.x.min && at <= plot.scales.x.max);
      const every = Math.max(1, Math.ceil(inside.length / Math.max(2, Math.floor(plot.width / 90))));
      return inside.filter((_, i) => (inside.length - 1 - i) % every === 0);
    };
    const short = (_, splits) => splits.map((at) => n.label[n.at.indexOf(at)].replace("week of ", "").replace(/(?<=\D) \d{4}$/, n.at.length < 60 ? "" : "$&"));
    const dates = { stroke: css("--axis"), font, grid: { show: false }, ticks: { show: false }, size: 22, splits: shown, values: short };
    const bars = (align) => uPlot.paths.bars({ size: [0.7, 22], align });
    const tell = (plot) => {
      const i = plot.cursor.idx;
      read.textContent = i == null ? said : `${n.label[i]}: ${n.domains[i].toLocaleString("en")} domains; ${n.isNew[i]} new, ` +
        `${n.found[i]} found with their pages, ${n.lost[i]} lost, ${n.unseen[i]} not looked at`;
    };
    const cursor = { y: false, points: { size: 6 }, sync: { key: "over-time" }, drag: { x: true, y: false } };
    const common = { width, legend: { show: false }, cursor, hooks: { setCursor: [tell] } };
    const above = new uPlot({
      ...common, height: 200, padding: [12, 10, 8, 0],
      scales: { x: time, y: { range: (_, low, high) => [0, Math.max(high * 1.08, 1)] } },
      axes: [{ ...dates, show: false }, axis(whole, 40)],
      series: [{}, { stroke: css("--d1"), width: 2, fill: css("--d1-soft"), points: { show: n.at.length < 90, size: 5, fill: css("--paper"), width: 1.5 } }],
    }, [n.at, n.domains], box.querySelector("[data-line]"));
    const minus = (list) => list.map((value) => -value);
    const below = new uPlot({
      ...common, height: 140, padding: [6, 10, 0, 0],
      scales: { x: time, y: { range: (_, low, high) => [Math.min(low * 1.1, -1), Math.max(high * 1.1, 1)] } },
      axes: [dates, axis(signed, 24)],
      series: [
        {},
        { paths: bars(0), width: 1, stroke: css("--d1"), fill: css("--d1-soft"), points: { show: false } },
        { paths: bars(0), width: 0, fill: css("--d1"), points: { show: false } },
        { paths: bars(0), width: 1, stroke: css("--d6"), fill: () => hatch(css("--d6"), css("--paper")), points: { show: false } },
        { paths: bars(0), width: 0, fill: css("--d2"), points: { show: false } },
      ],
    }, [n.at, zip(n.isNew, n.found), n.isNew, minus(zip(n.lost, n.unseen)), minus(n.lost)], box.querySelector("[data-bars]"));
    return { width, plots: [above, below] };
  }

  function start(box) {
    let shown = draw(box);
    const again = () => {
      shown.plots.forEach((plot) => plot.destroy());
      shown = draw(box);
    };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    new ResizeObserver(() => {
      if (box.clientWidth === shown.width) return;
      shown.width = box.clientWidth;
      shown.plots.forEach((plot) => plot.setSize({ width: shown.width, height: plot.height }));
    }).observe(box);
  }

  document.querySelectorAll("[data-over-time]").forEach(start);
})();
