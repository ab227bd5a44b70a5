// Keeps the wall up to date: each new image replaces the one in its camera's tile.
"use strict";

const wall = document.getElementById("wall");
const state = document.getElementById("live-state");
const stream = new EventSource("/live");

stream.addEventListener("open", () => { state.textContent = "live"; state.className = "tag good"; });
stream.addEventListener("error", () => { state.textContent = "connection lost, trying again"; state.className = "tag warn"; });
stream.addEventListener("image", (event) => {
  const image = JSON.parse(event.data);
  const tile = wall.querySelector(`[data-camera="${image.camera_id}"]`);
  if (!tile) return arrive(image);
  if (image.time_us < Number(tile.querySelector("time").dataset.us)) return; // a newer one hangs there
  const address = `/images/${image.id}/thumbnail/medium`;
  const loaded = new Image();
  loaded.onload = () => show(tile, image, address);
  loaded.src = address;
});

// A camera that is new on the wall: once the page has been loaded again, it is not new any more.
function arrive(image) {
  const known = JSON.parse(sessionStorage.getItem("arrived") || "[]");
  if (known.includes(image.camera_id)) return; // taken off the wall
  sessionStorage.setItem("arrived", JSON.stringify([...known, image.camera_id]));
  location.reload();
}

function show(tile, image, address) {
  const picture = tile.querySelector("img");
  picture.src = address;
  picture.alt = `latest image of ${image.camera}`;
  tile.querySelector("a").href = `/images/${image.id}`;
  tile.querySelector("time").dataset.us = image.time_us;
  tile.classList.remove("new");
  void tile.offsetWidth; // starts the animation again
  tile.classList.add("new");
  tell();
}

function tell() {
  for (const time of wall.querySelectorAll("time[data-us]")) {
    const seconds = Math.max(0, Date.now() / 1000 - Number(time.dataset.us) / 1e6);
    const [size, unit] = seconds < 60 ? [1, "s"] : seconds < 3600 ? [60, "min"] : seconds < 86400 ? [3600, "h"] : [86400, "d"];
    time.textContent = seconds < 10 ? "just now" : `${Math.floor(seconds / size)} ${unit} ago`;
  }
}
setInterval(tell, 5000);
window.addEventListener("pagehide", () => stream.close());
