/* The API reference: Swagger UI on our own schema, asking no other host. */
"use strict";

const reference = document.getElementById("reference");
if (reference) SwaggerUIBundle({
  domNode: reference,
  url: reference.dataset.schema,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
  validatorUrl: null,
  // The page has its own <main>: the one within the reference is none.
  onComplete: () => document.getElementById("operations")?.setAttribute("role", "none"),
});
if (window.matchMedia("(prefers-color-scheme: dark)").matches) {
  document.documentElement.classList.add("dark-mode");
}
