// Draws the plots of a report. Each has a table beside it that says the same, so without this nothing is missing.
import "./chart.umd.min.js";

const { Chart } = globalThis;
const style = getComputedStyle(document.documentElement);
const brand = style.getPropertyValue("--body-colour").trim() || "#1d4f6e";
const forced = matchMedia("(forced-colors: active)").matches;
const words = forced ? "CanvasText" : "#0b0c0c";

Chart.defaults.font.family = "arial, sans-serif";
Chart.defaults.font.size = 16;
Chart.defaults.color = words;
Chart.defaults.animation = false;

for (const canvas of document.querySelectorAll("canvas[data-chart]")) {
  const drawn = JSON.parse(canvas.dataset.chart);
  const written = (value) => drawn.unit + value.toLocaleString("en-GB");
  const datasets = [
    { label: canvas.dataset.now, data: drawn.now, backgroundColor: forced ? "Highlight" : brand },
  ];
  if (drawn.then.length) {
    datasets.push({
      label: canvas.dataset.then,
      data: drawn.then,
      backgroundColor: forced ? "Canvas" : "#b1b4b6",
      borderColor: forced ? "CanvasText" : "#505a5f",
      borderWidth: 1,
    });
  }
  new Chart(canvas, {
    type: "bar",
    data: { labels: drawn.labels, datasets },
    options: {
      maintainAspectRatio: false,
      scales: {
        x: { grid: { display: false } },
        y: { beginAtZero: true, ticks: { callback: written, precision: 0, maxTicksLimit: 6 } },
      },
      plugins: {
        legend: { display: drawn.then.length > 0, position: "bottom" },
        tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${written(item.parsed.y)}` } },
      },
    },
  });
}
