// Draws charts: a line for each series, or steps where each value counts for the time up to the next one.
"use strict";

for (const place of document.querySelectorAll("[data-series]")) draw(place);

function draw(place) {
  const series = JSON.parse(place.dataset.series);
  const times = [...new Set(series.flatMap((one) => one.times))].sort((a, b) => a - b);
  const values = series.map((one) => {
    const known = new Map(one.times.map((time, at) => [time, one.values[at]]));
    return times.map((time) => known.get(time) ?? null);
  });
  const style = getComputedStyle(document.body);
  const axis = { stroke: style.color, grid: { stroke: "#8884" }, ticks: { stroke: "#8884" } };
  // As in the tables: 24 hours, in the viewer's time zone.
  const two = (number) => String(number).padStart(2, "0");
  const clock = (time) => `${two(time.getHours())}:${two(time.getMinutes())}`;
  const date = (time) => `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const long = times.length && times[times.length - 1] - times[0] > 2 * 86400;
  const shown = (seconds) => (long ? date : clock)(new Date(seconds * 1000));
  const dated = long ? { space: 90, incrs: [1, 2, 7, 14, 28].map((days) => days * 86400) } : {};
  const whole = (_, seconds) => (seconds == null ? "" : `${date(new Date(seconds * 1000))} ${clock(new Date(seconds * 1000))}`);
  const steps = place.dataset.form === "steps";
  const paths = steps ? uPlot.paths.stepped({ align: 1 }) : undefined;
  const lines = series.map((one, at) => ({
    label: one.name, stroke: `hsl(${(at * 137 + 160) % 360} 60% 48%)`, width: 2, spanGaps: true, paths, points: steps ? { show: false } : { size: 4 },
  }));
  const most = steps ? 260 : 420;
  const size = () => ({ width: place.clientWidth, height: Math.min(most, Math.max(240, window.innerHeight * 0.45)) });
  // Counts begin at nothing, and have no halves.
  const scales = steps ? { y: { range: (_, __, top) => [0, Math.max(1, Math.ceil(top * 1.1))] } } : {};
  const counted = steps ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] } : {};
  const chart = new uPlot({ ...size(), scales, series: [{ label: "Time", value: whole }, ...lines], axes: [{ ...axis, ...dated, values: (_, at) => at.map(shown) }, { ...axis, ...counted }] }, [times, ...values], place);
  new ResizeObserver(() => chart.setSize(size())).observe(place);
}
