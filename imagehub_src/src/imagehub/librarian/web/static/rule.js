// Shows only the conditions that the chosen sort of rule has.
"use strict";

const trigger = document.getElementById("trigger");
const parts = document.querySelectorAll("[data-for]");

function fit() {
  for (const part of parts) part.hidden = !part.dataset.for.split(" ").includes(trigger.value);
}
trigger.addEventListener("change", fit);
fit();
