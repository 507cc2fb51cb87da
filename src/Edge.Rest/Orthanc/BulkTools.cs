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
        JsonElement root = body.RootElement.AsObject(ErrorCode.BadRequest);
        ResourceLevel? level = root.OptionalText("Level") is { } name ? Find.ReadLevel(name) : null;
        string[] ids = root.MandatoryTexts("Resources");
        ResponseContent content = ResponseContent.Default | (root.Boolean("Metadata", absent: true) ? ResponseContent.Metadata : ResponseContent.None);
        TagFormat format = root.Boolean("Short", absent: false) ? TagFormat.Short : root.Boolean("Full", absent: false) ? TagFormat.Full : TagFormat.Simplified;
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
        await engine.Deletion.DeleteAsync(body.RootElement.AsObject(ErrorCode.BadRequest).MandatoryTexts("Resources"), request.Aborted).ConfigureAwait(false);
        await request.EmptyText().ConfigureAwait(false);
    }
}
