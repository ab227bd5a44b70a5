// Draws a camera's regions on its picture: corners are moved, added and removed by mouse, touch or keyboard.
// The form's lists of corners are what counts: the drawing shows them, and writes into them.
"use strict";

const form = document.getElementById("regions");
const list = document.getElementById("list");
const svg = document.getElementById("drawing");
const draw = document.getElementById("draw");
const editable = "editable" in form.dataset;
const hint = document.getElementById("hint");
const help = hint?.textContent;
const STEP = 0.5, BIG_STEP = 5; // percent for each press of an arrow key
let fresh = null; // the region that is being drawn

const regions = () => [...list.querySelectorAll("[data-region]")];
const bounded = (value) => Math.min(100, Math.max(0, value));

function corners(region) {
  const lines = region.querySelector("[name=corners]").value.replaceAll(",", ".").split("\n");
  const numbers = lines.map((line) => line.trim().split(/[\s;]+/).map(Number));
  return numbers.filter((pair) => pair.length === 2 && pair.every((value) => Number.isFinite(value)));
}

function keep(region, points) {
  region.querySelector("[name=corners]").value = points.map((pair) => pair.map((value) => +value.toFixed(2)).join(" ")).join("\n");
}

function shape(kind, attributes, parent = svg) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return parent.appendChild(made);
}

function paint() {
  if (!svg) return;
  const focused = document.activeElement?.dataset?.corner;
  const { width, height } = svg.getBoundingClientRect();
  svg.setAttribute("viewBox", `0 0 ${width || 1} ${height || 1}`);
  svg.replaceChildren();
  regions().forEach((region, number) => {
    const points = corners(region);
    const pixels = points.map(([x, y]) => [(x * width) / 100, (y * height) / 100]);
    const name = region.querySelector("[name=name]").value || `region ${number + 1}`;
    const use = region.querySelector("[name=use]").value;
    const kind = region === fresh ? "polyline" : "polygon";
    shape(kind, { points: pixels.map((pair) => pair.join(",")).join(" "), class: use });
    if (pixels.length) {
      const [x, y] = [0, 1].map((axis) => pixels.reduce((sum, pair) => sum + pair[axis], 0) / pixels.length);
      shape("text", { x, y, "text-anchor": "middle" }).textContent = name;
    }
    if (!editable) return;
    if (region !== fresh) pixels.forEach((pair, at) => between(region, at, pair, pixels[(at + 1) % pixels.length]));
    pixels.forEach((pair, at) => handle(region, number, at, pair, points[at], name));
  });
  if (focused) svg.querySelector(`[data-corner="${focused}"]`)?.focus();
  document.getElementById("none").hidden = regions().length > 0;
}

function handle(region, number, at, [x, y], [left, top], name) {
  const said = `corner ${at + 1} of ${name}: ${left.toFixed(0)} % from the left, ${top.toFixed(0)} % from the top`;
  const spot = shape("g", { class: "corner", tabindex: 0, role: "button", "aria-label": said, "data-corner": `${number}.${at}` });
  shape("circle", { cx: x, cy: y, r: 20, class: "reach" }, spot);
  shape("circle", { cx: x, cy: y, r: 7 }, spot);
  spot.addEventListener("pointerdown", (event) => {
    if (region === fresh) return void (at === 0 && corners(region).length > 2 && (event.stopPropagation(), finish()));
    spot.focus();
    drag(event, region, at);
  });
  spot.addEventListener("keydown", (event) => press(event, region, at));
}

function between(region, at, [x1, y1], [x2, y2]) {
  const spot = shape("g", { class: "between", "aria-hidden": true });
  shape("circle", { cx: (x1 + x2) / 2, cy: (y1 + y2) / 2, r: 14, class: "reach" }, spot);
  shape("circle", { cx: (x1 + x2) / 2, cy: (y1 + y2) / 2, r: 4 }, spot);
  spot.addEventListener("pointerdown", (event) => {
    const points = corners(region);
    points.splice(at + 1, 0, place(event));
    keep(region, points);
    drag(event, region, at + 1);
  });
}

function place(event) {
  const box = svg.getBoundingClientRect();
  return [bounded(((event.clientX - box.left) / box.width) * 100), bounded(((event.clientY - box.top) / box.height) * 100)];
}

function drag(event, region, at) {
  event.preventDefault();
  const move = (moved) => {
    const points = corners(region);
    points[at] = place(moved);
    keep(region, points);
    paint();
  };
  const end = () => {
    for (const name of ["pointerup", "pointercancel"]) window.removeEventListener(name, end);
    window.removeEventListener("pointermove", move);
  };
  window.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, end);
  paint();
}

function press(event, region, at) {
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const points = corners(region);
  if (event.key in ways) {
    const far = event.shiftKey ? BIG_STEP : STEP;
    points[at] = points[at].map((value, axis) => bounded(value + far * ways[event.key][axis]));
  } else if (event.key === "Delete" || event.key === "Backspace") {
    if (points.length <= 3) return void (hint.textContent = "A region has at least three corners. Remove it as a whole by its button.");
    points.splice(at, 1);
  } else if (event.key === "Insert" || event.key === "+") {
    const [x, y] = points[(at + 1) % points.length];
    points.splice(at + 1, 0, [(points[at][0] + x) / 2, (points[at][1] + y) / 2]);
  } else return;
  event.preventDefault();
  event.stopPropagation();
  keep(region, points);
  paint();
}

function add() {
  const made = document.getElementById("blank").content.firstElementChild.cloneNode(true);
  list.insertBefore(made, document.getElementById("none"));
  equip(made);
  return made;
}

function equip(region) {
  const remove = region.querySelector("[data-remove]");
  remove.hidden = !editable;
  remove.addEventListener("click", () => {
    if (region === fresh) finish();
    region.remove();
    paint();
  });
  region.addEventListener("input", paint);
}

function finish() {
  const done = fresh;
  fresh = null;
  svg.classList.remove("active");
  draw.textContent = "Draw a region";
  hint.textContent = help;
  if (done && corners(done).length < 3) done.remove();
  else done?.querySelector("[name=name]").focus();
  paint();
}

function begin(event) {
  if (fresh) return finish();
  const region = add();
  if (event.detail === 0) {
    // Pressed by a key: there is no pointer to draw with, so it begins as a rectangle.
    keep(region, [[35, 35], [65, 35], [65, 65], [35, 65]]);
    region.querySelector("[name=name]").focus();
    return paint();
  }
  fresh = region;
  svg.classList.add("active");
  draw.textContent = "Done";
  hint.textContent = "Click or tap on each corner; then press Done.";
  paint();
}

regions().forEach(equip);
if (svg) {
  new ResizeObserver(paint).observe(svg);
  if (draw) {
    draw.hidden = false;
    draw.addEventListener("click", begin);
  }
  svg.addEventListener("click", (event) => {
    if (!fresh) return;
    keep(fresh, [...corners(fresh), place(event)]);
    paint();
  });
  document.addEventListener("keydown", (event) => {
    if (!fresh || event.target.closest("input, textarea, select")) return;
    if (event.key === "Escape" || event.key === "Enter") {
      event.preventDefault();
      if (event.key === "Escape") keep(fresh, []);
      finish();
    }
  });
}
