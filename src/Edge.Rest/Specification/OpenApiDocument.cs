using System.Text.Json;
using Edge.Rest.Hosting;

namespace Edge.Rest.Specification;

/// <summary>
/// The OpenAPI document of this server (OpenAPI 3.0.3): the routes that are registered, with the parameters that Orthanc's
/// specification gives the operations that it knows. Keys are sorted, as in all answers.
/// </summary>
public static class OpenApiDocument
{
    public static void Write(Utf8JsonWriter json, IReadOnlyList<Route> routes, string version)
    {
        Dictionary<string, Operation> known = [];
        foreach (Operation operation in OperationTable.Read())
        {
            known[Key(operation.Method, operation.Path)] = operation;
        }

        json.WriteStartObject();
        json.WriteStartObject("info"u8);
        json.WriteString("description"u8, "Orthanc's REST API as this server answers it, and its own routes."u8);
        json.WriteString("title"u8, "edge-dicom"u8);
        json.WriteString("version"u8, version);
        json.WriteEndObject();
        json.WriteString("openapi"u8, "3.0.3"u8);
        json.WriteStartObject("paths"u8);
        foreach (IGrouping<string, Route> path in routes.Where(static route => route.Method != Route.AnyMethod).GroupBy(static route => route.Path).OrderBy(static path => path.Key, StringComparer.Ordinal))
        {
            json.WriteStartObject(path.Key);
            foreach (Route route in path.OrderBy(static route => route.Method, StringComparer.Ordinal))
            {
                WriteOperation(json, route, known.GetValueOrDefault(Key(route.Method, route.Path)));
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteOperation(Utf8JsonWriter json, Route route, Operation? known)
    {
        OperationParameter[] parameters = known?.Parameters ?? [];
        json.WriteStartObject(route.Method.ToLowerInvariant());
        json.WriteStartArray("parameters"u8);

        // The names in the path are those of the route that is registered: the document must agree with itself.
        foreach (string segment in route.Path.Split('/'))
        {
            if (segment.StartsWith('{'))
            {
                WriteParameter(json, "path"u8, new OperationParameter(ParameterPlace.Path, segment[1..^1], "str", true));
            }
        }

        foreach (OperationParameter parameter in parameters)
        {
            if (parameter.Place is ParameterPlace.Query or ParameterPlace.Header)
            {
                WriteParameter(json, parameter.Place == ParameterPlace.Query ? "query"u8 : "header"u8, parameter);
            }
        }

        json.WriteEndArray();
        if (route.Method is "POST" or "PUT")
        {
            WriteBody(json, parameters.Where(static parameter => parameter.Place == ParameterPlace.Body));
        }

        json.WriteStartObject("responses"u8);
        json.WriteStartObject("200"u8);
        json.WriteString("description"u8, route.Summary);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteString("summary"u8, route.Summary);
        json.WriteStartArray("tags"u8);
        json.WriteStringValue(route.Path.Split('/')[1] is { Length: > 0 } area ? area : "root");
        json.WriteEndArray();
        json.WriteBoolean("x-orthanc"u8, known is not null);
        json.WriteEndObject();
    }

    private static void WriteParameter(Utf8JsonWriter json, ReadOnlySpan<byte> place, OperationParameter parameter)
    {
        json.WriteStartObject();
        json.WriteString("in"u8, place);
        json.WriteString("name"u8, parameter.Name);
        json.WriteBoolean("required"u8, parameter.IsRequired);
        WriteSchema(json, parameter.Type);
        json.WriteEndObject();
    }

    private static void WriteBody(Utf8JsonWriter json, IEnumerable<OperationParameter> members)
    {
        OperationParameter[] sorted = [.. members.OrderBy(static member => member.Name, StringComparer.Ordinal)];
        json.WriteStartObject("requestBody"u8);
        json.WriteStartObject("content"u8);
        json.WriteStartObject(sorted.Length > 0 ? "application/json"u8 : "*/*"u8);
        json.WriteStartObject("schema"u8);
        if (sorted.Length > 0)
        {
            json.WriteStartObject("properties"u8);
            foreach (OperationParameter member in sorted)
            {
                json.WriteStartObject(member.Name);
                WriteType(json, member.Type);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteString("type"u8, "object"u8);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteSchema(Utf8JsonWriter json, string type)
    {
        json.WriteStartObject("schema"u8);
        WriteType(json, type);
        json.WriteEndObject();
    }

    private static void WriteType(Utf8JsonWriter json, string type)
    {
        if (type.StartsWith('['))
        {
            json.WriteStartObject("items"u8);
            WriteType(json, type[1..^1]);
            json.WriteEndObject();
            json.WriteString("type"u8, "array"u8);
            return;
        }

        json.WriteString("type"u8, type switch
        {
            "num" => "number"u8,
            "bool" => "boolean"u8,
            "map" => "object"u8,
            _ => "string"u8,
        });
    }

    private static string Key(string method, string path) => $"{method} {OperationTable.Shape(path)}";
}
