using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;
using Edge.Engine;
using Edge.Engine.Query;
using Edge.Rest.Hosting;
using Edge.Rest.Json;

namespace Edge.Rest.Orthanc;

/// <summary>The items of the modality worklist, managed as with Orthanc's worklists plugin; served where the worklist is enabled.</summary>
public sealed class Worklists(EdgeEngine engine)
{
    private readonly WorklistFolder _folder = new(engine.Options.Worklists, engine.Options.Indexing, engine.Settings);

    public Route[] Routes() => engine.Options.Worklists.Enable
        ?
        [
            new("GET", "/worklists", ListAsync, "List the worklists"),
            new("POST", "/worklists/create", CreateAsync, "Create a worklist"),
            new("GET", "/worklists/{id}", GetAsync, "Get a worklist"),
            new("PUT", "/worklists/{id}", PutAsync, "Replace a worklist"),
            new("DELETE", "/worklists/{id}", DeleteAsync, "Delete a worklist"),
        ]
        : [];

    private async ValueTask ListAsync(RestRequest request)
    {
        TagFormat format = FormatOf(request);
        List<(string Id, DataSet Item)> items = [];
        foreach (string id in _folder.Ids())
        {
            if (await _folder.FindAsync(id, request.Aborted).ConfigureAwait(false) is { } item)
            {
                items.Add((id, item));
            }
        }

        await request.Json((items, format), static (writer, all) =>
        {
            writer.WriteStartArray();
            foreach ((string id, DataSet item) in all.items)
            {
                Write(writer, id, item, all.format);
            }

            writer.WriteEndArray();
        }).ConfigureAwait(false);
    }

    private async ValueTask GetAsync(RestRequest request)
    {
        DataSet item = await RequireAsync(request).ConfigureAwait(false);
        await request.Json((Id: request.Param("id"), item, Format: FormatOf(request)), static (writer, one) => Write(writer, one.Id, one.item, one.Format)).ConfigureAwait(false);
    }

    private async ValueTask CreateAsync(RestRequest request)
    {
        DataSet item = await ReadAsync(request, null).ConfigureAwait(false);
        string id = Guid.NewGuid().ToString();
        await _folder.SaveAsync(id, item, request.Aborted).ConfigureAwait(false);
        await request.Json(id, static (writer, created) =>
        {
            writer.WriteStartObject();
            writer.WriteString("ID"u8, created);
            writer.WriteString("Path"u8, "/worklists/" + created);
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private async ValueTask PutAsync(RestRequest request)
    {
        DataSet former = await RequireAsync(request).ConfigureAwait(false);
        await _folder.SaveAsync(request.Param("id"), await ReadAsync(request, former).ConfigureAwait(false), request.Aborted).ConfigureAwait(false);
        await request.EmptyObject().ConfigureAwait(false);
    }

    private async ValueTask DeleteAsync(RestRequest request)
    {
        if (!_folder.Delete(request.Param("id")))
        {
            throw Unknown(request);
        }

        await request.EmptyObject().ConfigureAwait(false);
    }

    /// <summary>The item of <c>{"Tags": {...}}</c>; without a study instance UID it keeps the former one, or is given a new one (PS3.4 table K.6-1 wants one).</summary>
    private static async ValueTask<DataSet> ReadAsync(RestRequest request, DataSet? former)
    {
        using JsonDocument body = await request.ReadJsonAsync().ConfigureAwait(false);
        JsonElement tags = body.RootElement.AsObject().Member("Tags") ?? throw new EdgeException(ErrorCode.BadFileFormat, "The field \"Tags\" is missing");
        DataSet item = DicomQueryJson.Read(tags);
        if (string.IsNullOrWhiteSpace(item.GetString(DicomTags.StudyInstanceUID)))
        {
            item.SetString(DicomTags.StudyInstanceUID, former?.GetString(DicomTags.StudyInstanceUID)?.Trim() is { Length: > 0 } kept ? kept : DicomUid.New(), Vr.UI);
        }

        item.ChangeCharacterSet(SpecificCharacterSet.Utf8);
        return item;
    }

    private async ValueTask<DataSet> RequireAsync(RestRequest request) =>
        await _folder.FindAsync(request.Param("id"), request.Aborted).ConfigureAwait(false) ?? throw Unknown(request);

    private static EdgeException Unknown(RestRequest request) => new(ErrorCode.UnknownResource, $"No worklist with identifier: {request.Param("id")}");

    private static TagFormat FormatOf(RestRequest request) => request.Argument("format") switch
    {
        null or "Simplify" => TagFormat.Simplified,
        "Short" => TagFormat.Short,
        "Full" => TagFormat.Full,
        { } other => throw new EdgeException(ErrorCode.ParameterOutOfRange, $"Unknown format \"{other}\": Simplify, Short or Full"),
    };

    private static void Write(Utf8JsonWriter writer, string id, DataSet item, TagFormat format)
    {
        writer.WriteStartObject();
        writer.WriteString("ID"u8, id);
        writer.WritePropertyName("Tags"u8);
        OrthancTagsJson.Write(writer, item, format, RetrieveJson.Uncut);
        writer.WriteEndObject();
    }
}
