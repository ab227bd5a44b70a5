// What every page does: tells the viewer's time zone, moves by keys, asks before it deletes.
"use strict";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const known = document.cookie.split("; ").includes(`imagehub_zone=${zone}`);
if (!known) {
  document.cookie = `imagehub_zone=${zone}; path=/; max-age=31536000; samesite=lax`;
  // Times are written by the server: once, the page is asked for again with the zone that it now knows.
  if (document.querySelector("time") && document.cookie.includes("imagehub_zone=")) location.reload();
}

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.ask;
  if (question && !window.confirm(question)) event.preventDefault();
});

// Arrow keys follow the links rel=prev and rel=next, other keys press their button, unless somebody types.
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, textarea") || event.ctrlKey || event.altKey || event.metaKey) return;
  const toggle = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (toggle) return toggle.click();
  const link = { ArrowLeft: "a[rel=prev]", ArrowRight: "a[rel=next]" }[event.key];
  document.querySelector(link || "nothing")?.click();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-full-screen], [data-toggle]");
  if (!button) return;
  if (button.dataset.fullScreen) document.querySelector(button.dataset.fullScreen).requestFullscreen();
  if (button.dataset.toggle) {
    const on = document.querySelector(button.dataset.of).classList.toggle(button.dataset.toggle);
    button.setAttribute("aria-pressed", String(!on));
  }
});

// What goes wrong is said, also where only a part of the page was asked for.
document.addEventListener("htmx:responseError", (event) => say(event.detail.xhr.responseText.slice(0, 200)));
document.addEventListener("htmx:sendError", () => say("The hub does not answer. Is the network there?"));

function say(text) {
  const place = document.getElementById("said");
  place.hidden = false;
  place.textContent = text;
}
