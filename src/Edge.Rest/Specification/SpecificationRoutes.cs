using Edge.Rest.Hosting;

namespace Edge.Rest.Specification;

/// <summary>The description of what is served.</summary>
public sealed class SpecificationRoutes(string version)
{
    public Route[] Routes() =>
    [
        new("GET", "/openapi.json", request => request.Json((request.Pipeline.Routes.Routes, version), static (writer, state) => OpenApiDocument.Write(writer, state.Routes, state.version)), "The OpenAPI document of this server"),
    ];
}
