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
  // As in the tables: 24 hours, in the viewer's time zone.
  const two = (number) => String(number).padStart(2, "0");
  const clock = (time) => `${two(time.getHours())}:${two(time.getMinutes())}`;
  const date = (time) => `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const long = times.length && times[times.length - 1] - times[0] > 2 * 86400;
  const shown = (seconds) => (long ? date : clock)(new Date(seconds * 1000));
  const whole = (_, seconds) => (seconds == null ? "" : `${date(new Date(seconds * 1000))} ${clock(new Date(seconds * 1000))}`);
  const lines = series.map((one, at) => ({
    label: one.name, stroke: `hsl(${(at * 137 + 160) % 360} 60% 48%)`, width: 2, spanGaps: true, points: { size: 4 },
  }));
  const size = () => ({ width: place.clientWidth, height: Math.min(420, Math.max(240, window.innerHeight * 0.45)) });
  const chart = new uPlot({ ...size(), series: [{ label: "Time", value: whole }, ...lines], axes: [{ ...axis, values: (_, at) => at.map(shown) }, axis] }, [times, ...values], place);
  new ResizeObserver(() => chart.setSize(size())).observe(place);
}
