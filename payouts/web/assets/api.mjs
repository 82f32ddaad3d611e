// Shows the API's description: Swagger UI without its validator, which would send our addresses elsewhere, and without
// keeping anybody's key
SwaggerUIBundle({
  url: document.querySelector("[data-description]").dataset.description,
  dom_id: "#api",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  persistAuthorization: false,
  validatorUrl: null,
});
