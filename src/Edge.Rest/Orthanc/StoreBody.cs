using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Rest.Hosting;
using Edge.Rest.Json;

namespace Edge.Rest.Orthanc;

/// <summary>The body of <c>/modalities/{id}/store</c> and <c>/peers/{id}/store</c>: the text of an id, a JSON string or array of them, or an object with <c>Resources</c>.</summary>
public sealed class StoreBody : IDisposable
{
    private readonly JsonDocument? _document;

    private StoreBody(string[] resources, JsonDocument? document)
    {
        Resources = resources;
        _document = document;
    }

    /// <summary>Public ids, well formed, at least one.</summary>
    public IReadOnlyList<string> Resources { get; }

    /// <summary>The object's members; null where the body is no object.</summary>
    public JsonElement? Fields => _document?.RootElement is { ValueKind: JsonValueKind.Object } root ? root : null;

    /// <exception cref="EdgeException">400 (15).</exception>
    public static async ValueTask<StoreBody> ReadAsync(RestRequest request)
    {
        string text = (await request.ReadTextAsync().ConfigureAwait(false)).Trim();
        if (text.Length == 0)
        {
            throw Bad("The body is empty: the id of a resource is expected");
        }

        if (text[0] is not ('{' or '[' or '"'))
        {
            return new StoreBody([Checked(text)], null);
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text);
        }
        catch (JsonException e)
        {
            throw new EdgeException(ErrorCode.BadFileFormat, "The body is no JSON", e);
        }

        try
        {
            JsonElement root = document.RootElement;
            string[] ids = root.ValueKind switch
            {
                JsonValueKind.String => [root.GetString()!],
                JsonValueKind.Array => root.AsTexts("body"),
                _ when root.Member("Resources") is { } list => list.AsTexts("Resources"),
                _ => throw Bad("The field \"Resources\" is missing"),
            };
            return new StoreBody(Array.ConvertAll(ids, Checked), document);
        }
        catch
        {
            document.Dispose();
            throw;
        }
    }

    public void Dispose() => _document?.Dispose();

    private static string Checked(string id) => ResourceId.IsWellFormed(id) ? id : throw Bad($"Not the id of a resource: \"{(id.Length > 64 ? id[..64] : id)}\"");

    private static EdgeException Bad(string detail) => new(ErrorCode.BadFileFormat, detail);
}
