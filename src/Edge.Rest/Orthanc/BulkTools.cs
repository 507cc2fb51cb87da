using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom.Json;
using Edge.Engine;
using Edge.Engine.Query;
using Edge.Rest.Hosting;
using Edge.Rest.Json;
using Edge.Store.Index;

namespace Edge.Rest.Orthanc;

/// <summary>Descriptions and deletion of many resources at once.</summary>
public sealed class BulkTools(EdgeEngine engine)
{
    private const int PageSize = 200;

    public Route[] Routes() =>
    [
        new("POST", "/tools/bulk-content", ContentAsync, "Describe a set of resources"),
        new("POST", "/tools/bulk-delete", DeleteAsync, "Delete a set of resources"),
    ];

    private async ValueTask ContentAsync(RestRequest request)
    {
        using JsonDocument body = await request.ReadJsonAsync(malformed: ErrorCode.BadRequest).ConfigureAwait(false);
        JsonElement root = body.RootElement.AsObject();
        string[] ids = ReadResources(root);
        ResourceLevel? level = root.Member("Level") switch
        {
            null => null,
            { ValueKind: JsonValueKind.String } name => Find.ReadLevel(name.GetString()!),
            _ => throw new EdgeException(ErrorCode.BadFileFormat, "String value expected in field: Level"),
        };
        ResponseContent content = ResponseContent.Default | (Flag(root, "Metadata", absent: true) ? ResponseContent.Metadata : ResponseContent.None);
        TagFormat format = Flag(root, "Short", absent: false) ? TagFormat.Short : Flag(root, "Full", absent: false) ? TagFormat.Full : TagFormat.Simplified;
        Expansion expansion = new(engine, format, content, new RequestedTags([]));
        List<(long Id, ResourceLevel Level)> found = await engine.Index.ReadAsync((ids, level), static (reader, q) => Collect(reader, q.ids, q.level), request.Aborted).ConfigureAwait(false);
        await request.JsonStream((engine, expansion, found, request.Aborted), static async (sink, state) =>
        {
            sink.Writer.WriteStartArray();
            for (int start = 0; start < state.found.Count;)
            {
                // A page holds resources of one level: what is fetched for them depends on it.
                ResourceLevel level = state.found[start].Level;
                List<long> page = [];
                while (start < state.found.Count && state.found[start].Level == level && page.Count < PageSize)
                {
                    page.Add(state.found[start++].Id);
                }

                foreach (ExpandedResource resource in await state.engine.Queries.ExpandAsync(page, state.expansion.PartsFor(level), state.Aborted).ConfigureAwait(false))
                {
                    await state.expansion.WriteAsync(sink.Writer, resource, state.Aborted).ConfigureAwait(false);
                }

                await sink.FlushAsync().ConfigureAwait(false);
            }

            sink.Writer.WriteEndArray();
        }).ConfigureAwait(false);
    }

    /// <summary>The resources of the level asked for, above or below those named, each once; unknown ids are skipped.</summary>
    private static List<(long Id, ResourceLevel Level)> Collect(IIndexReader reader, string[] ids, ResourceLevel? level)
    {
        List<(long Id, ResourceLevel Level)> found = [];
        HashSet<long> seen = [];
        foreach (string id in ids)
        {
            if (reader.Find(id) is not { } row)
            {
                continue;
            }

            if (level is { } below && below > row.Level)
            {
                foreach (ResourceRow child in reader.Descendants(row.Id, below))
                {
                    Add(child);
                }
            }
            else
            {
                Add(level is { } above ? reader.Ancestor(row.Id, above)! : row);
            }
        }

        return found;

        void Add(ResourceRow row)
        {
            if (seen.Add(row.Id))
            {
                found.Add((row.Id, row.Level));
            }
        }
    }

    private async ValueTask DeleteAsync(RestRequest request)
    {
        using JsonDocument body = await request.ReadJsonAsync(malformed: ErrorCode.BadRequest).ConfigureAwait(false);
        await engine.Deletion.DeleteAsync(ReadResources(body.RootElement.AsObject()), request.Aborted).ConfigureAwait(false);
        await request.EmptyText().ConfigureAwait(false);
    }

    // In these two routes Orthanc calls a field of the wrong type a bad file format, not a bad request.

    /// <exception cref="EdgeException">400 (15) where the list is absent or no list of strings.</exception>
    private static string[] ReadResources(JsonElement root)
    {
        if (root.Member("Resources") is not { ValueKind: JsonValueKind.Array } list)
        {
            throw NoList();
        }

        List<string> ids = new(list.GetArrayLength());
        foreach (JsonElement id in list.EnumerateArray())
        {
            ids.Add(id.ValueKind == JsonValueKind.String ? id.GetString()! : throw NoList());
        }

        return [.. ids];
    }

    private static EdgeException NoList() => new(ErrorCode.BadFileFormat, "List of strings expected in field: Resources");

    /// <exception cref="EdgeException">400 (15) where the field is no boolean.</exception>
    private static bool Flag(JsonElement root, string name, bool absent) => root.Member(name)?.ValueKind switch
    {
        null => absent,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new EdgeException(ErrorCode.BadFileFormat, $"Boolean value expected in field: {name}"),
    };
}
