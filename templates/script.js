"use strict";
(function () {
  var root = document.documentElement, texts = document.body.dataset;
  function say(text, parts) { return text.replace(/\{(\w+)\}/g, function (_, name) { return parts[name]; }); }
  var theme = document.querySelector("button.theme");
  if (theme) {
    theme.hidden = false;
    theme.addEventListener("click", function () {
      var system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
      root.dataset.theme = (root.dataset.theme || system) === "dark" ? "light" : "dark";
    });
  }
  function key(row, column) {
    var cell = row.cells[column];
    var value = cell.hasAttribute("data-v") ? cell.getAttribute("data-v") : cell.textContent.trim();
    return value !== "" && isFinite(value) ? Number(value) : value;
  }
  function compare(a, b) {
    if (a === "" || b === "") { return a === b ? 0 : a === "" ? 1 : -1; }
    if (typeof a === "number" && typeof b === "number") { return a - b; }
    return String(a).localeCompare(String(b), root.lang);
  }
  function sort(table, heading, column) {
    var down = heading.getAttribute("aria-sort") === "ascending" ||
      (!heading.hasAttribute("aria-sort") && heading.classList.contains("r"));
    var body = table.tBodies[0];
    var rows = Array.from(body.rows).map(function (row) { return [key(row, column), row]; });
    rows.sort(function (a, b) {
      if (a[0] === "" || b[0] === "") { return compare(a[0], b[0]); }
      return down ? compare(b[0], a[0]) : compare(a[0], b[0]);
    });
    rows.forEach(function (pair) { body.append(pair[1]); });
    fold(table);
    table.querySelectorAll("th[aria-sort]").forEach(function (th) { th.removeAttribute("aria-sort"); });
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  }
  function fold(table) {
    var first = table.hasAttribute("data-open") ? Infinity : Number(table.dataset.first || Infinity);
    Array.from(table.tBodies[0].rows).forEach(function (row, n) { row.hidden = n >= first; });
  }
  function foldable(table) {
    var button = document.createElement("button"), paper = document.createElement("span");
    var first = table.dataset.first, all = table.tBodies[0].rows.length;
    var rest = document.createElement("p");
    function name() {
      var open = table.hasAttribute("data-open");
      button.textContent = say(open ? texts.showFirst : texts.showAll, { first: first, all: all });
      button.setAttribute("aria-expanded", String(open));
      paper.textContent = open ? "" : say(texts.printed, { first: first, all: all });
    }
    button.type = "button";
    button.setAttribute("aria-controls", table.id);
    button.addEventListener("click", function () { table.toggleAttribute("data-open"); fold(table); name(); });
    rest.className = "rest";
    paper.className = "paper";
    rest.append(button, paper);
    table.parentElement.after(rest);
    name();
    fold(table);
  }
  // A table wider than its card scrolls, and what scrolls must be within reach of the keyboard.
  var watch = new ResizeObserver(function (entries) {
    entries.forEach(function (entry) {
      var box = entry.target, wide = box.scrollWidth > box.clientWidth;
      if (!wide) { ["tabindex", "role", "aria-label"].forEach(function (a) { box.removeAttribute(a); }); return; }
      box.tabIndex = 0;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", say(texts.wide, { table: box.querySelector("caption").textContent }));
    });
  });
  document.querySelectorAll(".scroll").forEach(function (box) { watch.observe(box); });
  document.querySelectorAll("table[data-first]").forEach(foldable);
  document.querySelectorAll("table").forEach(function (table) {
    // Roles outlive the narrow layout, where rows are no longer laid out as a table.
    table.setAttribute("role", "table");
    table.querySelectorAll("thead, tbody").forEach(function (e) { e.setAttribute("role", "rowgroup"); });
    table.querySelectorAll("tr").forEach(function (e) { e.setAttribute("role", "row"); });
    table.querySelectorAll("td").forEach(function (e) { e.setAttribute("role", "cell"); });
    table.querySelectorAll("thead th").forEach(function (heading, column) {
      heading.setAttribute("role", "columnheader");
      if (!heading.hasAttribute("data-sort")) { return; }
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = heading.textContent;
      heading.replaceChildren(button);
      button.addEventListener("click", function () { sort(table, heading, column); });
    });
  });
})();
