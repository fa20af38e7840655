/* The API reference: Swagger UI on our own schema, asking no other host. */
"use strict";

const reference = document.getElementById("reference");
// The page has its own <main>: the one that comes into the reference is none.
if (reference) new MutationObserver(() => {
  reference.querySelector("main")?.setAttribute("role", "none");
}).observe(reference, { childList: true, subtree: true });
if (reference) SwaggerUIBundle({
  domNode: reference,
  url: reference.dataset.schema,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
  validatorUrl: null,
});
if (window.matchMedia("(prefers-color-scheme: dark)").matches) {
  document.documentElement.classList.add("dark-mode");
}
