using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Engine;
using Edge.Engine.Annotation;
using Edge.Rest.Hosting;
using Edge.Rest.Json;
using Edge.Store.Index;

namespace Edge.Rest.Orthanc;

/// <summary>The metadata of resources at the four levels.</summary>
public sealed class Metadata(EdgeEngine engine)
{
    public Route[] Routes() =>
    [
        new("GET", "/patients/{id}/metadata", request => ListAsync(request, ResourceLevel.Patient), "List metadata"),
        new("GET", "/patients/{id}/metadata/{name}", request => GetAsync(request, ResourceLevel.Patient), "Get metadata"),
        new("PUT", "/patients/{id}/metadata/{name}", request => PutAsync(request, ResourceLevel.Patient), "Set metadata"),
        new("DELETE", "/patients/{id}/metadata/{name}", request => DeleteAsync(request, ResourceLevel.Patient), "Delete metadata"),
        new("GET", "/studies/{id}/metadata", request => ListAsync(request, ResourceLevel.Study), "List metadata"),
        new("GET", "/studies/{id}/metadata/{name}", request => GetAsync(request, ResourceLevel.Study), "Get metadata"),
        new("PUT", "/studies/{id}/metadata/{name}", request => PutAsync(request, ResourceLevel.Study), "Set metadata"),
        new("DELETE", "/studies/{id}/metadata/{name}", request => DeleteAsync(request, ResourceLevel.Study), "Delete metadata"),
        new("GET", "/series/{id}/metadata", request => ListAsync(request, ResourceLevel.Series), "List metadata"),
        new("GET", "/series/{id}/metadata/{name}", request => GetAsync(request, ResourceLevel.Series), "Get metadata"),
        new("PUT", "/series/{id}/metadata/{name}", request => PutAsync(request, ResourceLevel.Series), "Set metadata"),
        new("DELETE", "/series/{id}/metadata/{name}", request => DeleteAsync(request, ResourceLevel.Series), "Delete metadata"),
        new("GET", "/instances/{id}/metadata", request => ListAsync(request, ResourceLevel.Instance), "List metadata"),
        new("GET", "/instances/{id}/metadata/{name}", request => GetAsync(request, ResourceLevel.Instance), "Get metadata"),
        new("PUT", "/instances/{id}/metadata/{name}", request => PutAsync(request, ResourceLevel.Instance), "Set metadata"),
        new("DELETE", "/instances/{id}/metadata/{name}", request => DeleteAsync(request, ResourceLevel.Instance), "Delete metadata"),
    ];

    private async ValueTask ListAsync(RestRequest request, ResourceLevel level)
    {
        bool expand = request.BooleanArgument("expand", absent: false);
        bool numeric = request.HasFlag("numeric");
        PackedMetadata metadata = await ReadAsync(request, level).ConfigureAwait(false);
        await request.Json((engine.Names, metadata, expand, numeric), static (writer, state) =>
        {
            List<KeyValuePair<string, string>> members = [];
            if (!state.expand)
            {
                writer.WriteStartArray();
            }

            foreach (PackedMetadata.Entry entry in state.metadata)
            {
                if (state.expand)
                {
                    string key = state.numeric ? entry.Type.ToString(CultureInfo.InvariantCulture) : state.Names.MetadataName(entry.Type);
                    members.Add(new KeyValuePair<string, string>(key, Encoding.UTF8.GetString(entry.Utf8)));
                }
                else if (state.numeric)
                {
                    writer.WriteNumberValue(entry.Type);
                }
                else
                {
                    writer.WriteStringValue(state.Names.MetadataName(entry.Type));
                }
            }

            if (state.expand)
            {
                writer.SortedMap(members);
            }
            else
            {
                writer.WriteEndArray();
            }
        }).ConfigureAwait(false);
    }

    private async ValueTask GetAsync(RestRequest request, ResourceLevel level)
    {
        int type = TypeOf(request);
        PackedMetadata metadata = await ReadAsync(request, level).ConfigureAwait(false);
        if (metadata.TryGet(type, out string? value, out long revision)
            && !await Revisions.AnswerNotModifiedAsync(request, new RevisionTag(revision, Md5(value))).ConfigureAwait(false))
        {
            await request.Text(value).ConfigureAwait(false);
        }
    }

    private async ValueTask PutAsync(RestRequest request, ResourceLevel level)
    {
        int type = TypeOf(request);
        if (type < MetadataType.FirstUser)
        {
            await request.Empty(403).ConfigureAwait(false);
            return;
        }

        RevisionCheck check = Revisions.Check(engine, request);
        string value = await request.ReadTextAsync().ConfigureAwait(false);
        long revision = Edits.Require(await engine.Index.SetMetadataAsync(request.Param(0), level, type, value, check, ChangeKind.UpdatedMetadata, request.Aborted).ConfigureAwait(false));
        engine.ScriptEvents.Updated(level, request.Param(0));
        request.SetETag(new RevisionTag(revision, Md5(value)));
        await request.EmptyText().ConfigureAwait(false);
    }

    private async ValueTask DeleteAsync(RestRequest request, ResourceLevel level)
    {
        int type = TypeOf(request);
        if (type < MetadataType.FirstUser)
        {
            await request.Empty(403).ConfigureAwait(false);
            return;
        }

        RevisionCheck check = Revisions.CheckDeletion(engine, request);
        Edits.Require(await engine.Index.DeleteMetadataAsync(request.Param(0), level, type, check, ChangeKind.UpdatedMetadata, request.Aborted).ConfigureAwait(false));
        engine.ScriptEvents.Updated(level, request.Param(0));
        await request.EmptyText().ConfigureAwait(false);
    }

    private async ValueTask<PackedMetadata> ReadAsync(RestRequest request, ResourceLevel level)
    {
        ResourceRow row = await engine.Index.PeekAsync(
            (level, Id: request.Param(0)),
            static (reader, q) => reader.Find(q.Id, q.level),
            request.Aborted).ConfigureAwait(false) ?? throw new EdgeException(ErrorCode.UnknownResource);
        return row.Metadata;
    }

    /// <exception cref="EdgeException">404 (7) where the name is unknown.</exception>
    private int TypeOf(RestRequest request) =>
        engine.Names.FindMetadata(request.Param(1)) ?? throw new EdgeException(ErrorCode.InexistentItem, $"Unknown metadata: \"{request.Param(1)}\"");

    private static string Md5(string value) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(value)));
}
