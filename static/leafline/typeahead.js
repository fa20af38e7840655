// Suggestions under a search field: the arrow keys walk through the links, Escape closes them. In a form that
// is still to be filled in (data-typeahead="fill") a link writes its name into the field.
function clear(search) {
  search.querySelector(".suggestions")?.replaceChildren();
}

document.addEventListener("keydown", (event) => {
  const search = event.target.closest("[data-typeahead]");
  if (!search) return;
  const input = search.querySelector("input");
  const stops = [input, ...search.querySelectorAll(".suggestions a")];
  const place = stops.indexOf(event.target);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") {
    clear(search);
    input.focus();
  } else if (step && stops[place + step]) {
    event.preventDefault();
    stops[place + step].focus();
  }
});

document.addEventListener("focusout", (event) => {
  const search = event.target.closest("[data-typeahead]");
  if (search && event.relatedTarget && !search.contains(event.relatedTarget)) {
    clear(search);
  }
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-typeahead='fill'] .suggestions a");
  if (link) {
    event.preventDefault();
    const search = link.closest("[data-typeahead]");
    const input = search.querySelector("input");
    input.value = link.dataset.name;
    clear(search);
    input.focus();
    return;
  }
  for (const search of document.querySelectorAll("[data-typeahead]")) {
    if (!search.contains(event.target)) clear(search);
  }
});
