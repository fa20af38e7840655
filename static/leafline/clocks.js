// Adds the time where the reader is beside each time in UTC. Pages in English have the day before the month.
function local(time) {
  const format = { dateStyle: "long", timeStyle: "short" };
  const language = document.documentElement.lang;
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, format).format(time);
}

for (const place of document.querySelectorAll("[data-local-time]")) {
  place.textContent = `${place.dataset.words}${local(new Date(place.dataset.localTime))}.`;
}

// A time that is being written, in UTC.
for (const input of document.querySelectorAll("input[data-clock]")) {
  const output = document.getElementById(input.dataset.clock);
  if (!output) continue;
  const show = () => {
    output.textContent = input.value ? `${output.dataset.words}${local(new Date(`${input.value}Z`))}.` : "";
  };
  input.addEventListener("input", show);
  show();
}
