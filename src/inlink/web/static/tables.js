/* tables.js: small helps for the working tables; all of it works without.
   Operators that do not fit the chosen field are hidden; one menu is open at a time; Escape closes it. */
(() => {
  "use strict";

  function fit(form) {
    const field = form.querySelector("select[name=field]");
    const operators = form.querySelector("select[name=op]");
    const value = form.querySelector("input[name=value]");
    if (!field || !operators || !value) return;
    const type = field.selectedOptions[0]?.dataset.type ?? "";
    for (const option of operators.options) {
      const fits = option.dataset.types.split(" ").includes(type);
      option.hidden = option.disabled = !fits;
    }
    if (operators.selectedOptions[0]?.disabled) operators.value = [...operators.options].find((o) => !o.disabled).value;
    const list = `list-${field.value}`;
    if (document.getElementById(list)) value.setAttribute("list", list);
    else value.removeAttribute("list");
    value.disabled = operators.value.startsWith("is ");
  }

  const fitAll = () => document.querySelectorAll("form.row3").forEach(fit);

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form.row3");
    if (form) fit(form);
  });

  document.addEventListener("toggle", (event) => {
    const opened = event.target;
    if (!opened.matches?.("details.drop[open]")) return;
    for (const other of document.querySelectorAll("details.drop[open]")) if (!other.contains(opened)) other.open = false;
    if (!opened.contains(document.activeElement) || document.activeElement.matches("summary"))
      opened.querySelector("select[name=field], textarea")?.focus();
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const opened = document.activeElement?.closest("details.drop[open]");
    if (!opened) return;
    opened.open = false;
    opened.querySelector("summary").focus();
  });

  document.addEventListener("click", (event) => {
    for (const opened of document.querySelectorAll("details.drop[open]")) if (!opened.contains(event.target)) opened.open = false;
  });

  document.addEventListener("htmx:after:swap", fitAll);
  document.documentElement.classList.add("scripted");
  const tabs = document.querySelector(".tabs"), here = tabs?.querySelector("[aria-current]");
  if (here && here.offsetLeft + here.offsetWidth > tabs.offsetLeft + tabs.clientWidth) tabs.scrollLeft = here.offsetLeft - tabs.offsetLeft - 16;
  fitAll();
})();
