// Draws what was measured: a line for each camera.
"use strict";

const place = document.getElementById("chart");
if (place) {
  const series = JSON.parse(place.dataset.series);
  const times = [...new Set(series.flatMap((one) => one.times))].sort((a, b) => a - b);
  const values = series.map((one) => {
    const known = new Map(one.times.map((time, at) => [time, one.values[at]]));
    return times.map((time) => known.get(time) ?? null);
  });
  const style = getComputedStyle(document.body);
  const axis = { stroke: style.color, grid: { stroke: "#8884" }, ticks: { stroke: "#8884" } };
  const lines = series.map((one, at) => ({
    label: one.name, stroke: `hsl(${(at * 137 + 160) % 360} 60% 48%)`, width: 2, spanGaps: true, points: { size: 4 },
  }));
  const size = () => ({ width: place.clientWidth, height: Math.min(420, Math.max(240, window.innerHeight * 0.45)) });
  const chart = new uPlot({ ...size(), series: [{}, ...lines], axes: [axis, axis] }, [times, ...values], place);
  new ResizeObserver(() => chart.setSize(size())).observe(place);
}
