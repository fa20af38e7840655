// Draws the history table of a taxon's page as a chart. The table stays, for whoever prefers to read it.
const holder = document.querySelector("[data-history-chart]");
const table = document.querySelector("[data-history-table]");

const series = [...table.querySelectorAll("thead [data-series]")].map((head) => ({
  name: head.textContent.trim(),
  column: head.cellIndex,
  dash: head.dataset.series,
}));
const rows = [...table.tBodies[0].rows].map((row) => ({
  time: row.querySelector("time").dateTime,
  status: row.querySelector("[data-status]").textContent.trim(),
  cells: [...row.cells],
}));

function draw() {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const ink = colour("--ink-soft");
  const marks = {
    observations: { colour: colour("--ink-soft"), dash: "solid", symbol: "circle" },
    confirmed: { colour: colour("--leaf-fill"), dash: "solid", symbol: "diamond" },
    photos: { colour: colour("--warm-fill"), dash: "dashed", symbol: "rect" },
  };
  const chart = echarts.init(holder);
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 14 },
    grid: { left: 8, right: 110, top: 16, bottom: 8, containLabel: true },
    aria: { enabled: false },
    xAxis: { type: "time", splitNumber: 4, axisLabel: { color: ink, hideOverlap: true }, axisLine: { lineStyle: { color: ink } } },
    yAxis: { type: "value", minInterval: 1, axisLabel: { color: ink }, splitLine: { lineStyle: { color: colour("--rule") } } },
    tooltip: {
      trigger: "axis",
      backgroundColor: colour("--surface"),
      borderColor: colour("--rule-strong"),
      textStyle: { color: colour("--ink"), fontSize: 14 },
      formatter: describe,
    },
    series: series.map(({ name, column, dash }) => ({
      name,
      type: "line",
      step: "end",
      symbol: marks[dash].symbol,
      symbolSize: 7,
      color: marks[dash].colour,
      lineStyle: { type: marks[dash].dash, width: 2.5 },
      endLabel: { show: true, formatter: "{a}", color: ink, fontSize: 14 },
      labelLayout: { moveOverlap: "shiftY" },
      data: rows.map((row) => [row.time, Number(row.cells[column].dataset.value)]),
      markLine: lineOf(column, colour("--ink")),
    })),
  });
  return chart;
}

// What the rule asks for, where the table says it.
function lineOf(column, ink) {
  const needed = table.tHead.rows[0].cells[column].dataset.needed;
  if (!needed) return undefined;
  return {
    silent: true,
    symbol: "none",
    data: [{ yAxis: Number(needed) }],
    lineStyle: { color: ink, type: [5, 4], width: 1.5 },
    label: { position: "insideStartTop", formatter: table.dataset.lineLabel, color: ink },
  };
}

// The tooltip as nodes, for the content-security policy lets no style into markup.
function describe(points) {
  const box = document.createElement("div");
  const { time, status } = rows[points[0].dataIndex];
  const lines = [new Date(time).toLocaleDateString("en-GB", { dateStyle: "long" }), status];
  for (const line of [...lines, ...points.map((point) => `${point.seriesName}: ${point.value[1]}`)]) {
    box.append(line, document.createElement("br"));
  }
  return box;
}

let chart = draw();
window.addEventListener("resize", () => chart.resize());
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  chart.dispose();
  chart = draw();
});
