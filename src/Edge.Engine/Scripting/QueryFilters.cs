using System.Buffers;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Dicom.Text;
using Edge.Engine.Query;

namespace Edge.Engine.Scripting;

/// <summary>Lets scripts change queries: those that come in (C-FIND, worklist) and those that go out.</summary>
public sealed class QueryFilters(ScriptHost scripts)
{
    private static readonly OrthancJsonOptions Uncut = new() { MaximumLength = 0, Whole = true };

    /// <summary>A C-FIND of the query/retrieve service.</summary>
    /// <exception cref="EdgeException">CannotExecuteLua: the filter failed, and the query must not be answered.</exception>
    public ValueTask<DataSet> IncomingFindAsync(DataSet query, string remoteIp, string remoteAet, string calledAet, ModalityManufacturer manufacturer, CancellationToken cancellation) =>
        scripts.HasFilter(ScriptCallbacks.IncomingFindRequest)
            ? ChangeAsync(ScriptCallbacks.IncomingFindRequest, query, writer => Origin(writer, remoteIp, remoteAet, calledAet, manufacturer), cancellation)
            : ValueTask.FromResult(query);

    /// <summary>A C-FIND of the modality worklist.</summary>
    /// <exception cref="EdgeException">As above.</exception>
    public ValueTask<DataSet> IncomingWorklistAsync(DataSet query, string remoteIp, string remoteAet, string calledAet, ModalityManufacturer manufacturer, CancellationToken cancellation) =>
        scripts.HasFilter(ScriptCallbacks.IncomingWorklistRequest)
            ? ChangeAsync(ScriptCallbacks.IncomingWorklistRequest, query, writer => Origin(writer, remoteIp, remoteAet, calledAet, manufacturer), cancellation)
            : ValueTask.FromResult(query);

    /// <summary>A C-FIND that is about to be sent to a modality.</summary>
    /// <exception cref="EdgeException">CannotExecuteLua.</exception>
    public ValueTask<DataSet> OutgoingFindAsync(DataSet query, string modalityAet, CancellationToken cancellation) =>
        scripts.HasFilter(ScriptCallbacks.OutgoingFindRequest)
            ? ChangeAsync(ScriptCallbacks.OutgoingFindRequest, query, writer => writer.Text(modalityAet), cancellation)
            : ValueTask.FromResult(query);

    private static void Origin(LuaWriter writer, string remoteIp, string remoteAet, string calledAet, ModalityManufacturer manufacturer)
    {
        writer.BeginTable();
        ScriptEvents.Member(writer, "RemoteIp", remoteIp);
        ScriptEvents.Member(writer, "RemoteAet", remoteAet);
        ScriptEvents.Member(writer, "CalledAet", calledAet);
        ScriptEvents.Member(writer, "Manufacturer", manufacturer.ToString());
        writer.EndTable();
    }

    /// <summary>Calls a filter with the table of a query (<c>gggg,eeee</c> to text or nested tables) and reads the table that it returns.</summary>
    private async ValueTask<DataSet> ChangeAsync(string callback, DataSet query, Action<LuaWriter> second, CancellationToken cancellation)
    {
        ArrayBufferWriter<byte> tags = new();
        using (Utf8JsonWriter json = new(tags, OrthancTagsJson.WriterOptions))
        {
            OrthancTagsJson.Write(json, query, TagFormat.Short, Uncut);
        }

        byte[] returned = await scripts.FilterAsync(
            callback,
            writer =>
            {
                Table(writer, tags.WrittenSpan);
                second(writer);
            },
            static results => results.Json(0, keepStrings: true),
            cancellation).ConfigureAwait(false);
        using JsonDocument changed = JsonDocument.Parse(returned);
        return changed.RootElement switch
        {
            { ValueKind: JsonValueKind.Object } table => DicomQueryJson.Read(table),
            { ValueKind: JsonValueKind.Array } list when list.GetArrayLength() == 0 => new DataSet { DefaultEncoding = OrthancEncoding.Utf8 },
            _ => throw new EdgeException(ErrorCode.CannotExecuteLua, $"{callback} must return the table of a query"),
        };
    }

    /// <summary>Universal keys must be there for the script to see, as empty strings: nil would drop them.</summary>
    private static void Table(LuaWriter writer, ReadOnlySpan<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json.ToArray());
        Table(writer, document.RootElement);
    }

    private static void Table(LuaWriter writer, JsonElement element)
    {
        writer.BeginTable();
        if (element.ValueKind == JsonValueKind.Array)
        {
            long index = 0;
            foreach (JsonElement item in element.EnumerateArray())
            {
                writer.Integer(++index);
                Table(writer, item);
            }
        }
        else
        {
            foreach (JsonProperty member in element.EnumerateObject())
            {
                writer.Text(member.Name);
                if (member.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                {
                    Table(writer, member.Value);
                }
                else
                {
                    writer.Text(member.Value.ValueKind == JsonValueKind.Null ? "" : member.Value.ToString());
                }
            }
        }

        writer.EndTable();
    }
}
