using System.Globalization;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Time;
using Edge.Engine;
using Edge.Rest.Hosting;
using Edge.Rest.Json;
using Edge.Store.Index;

namespace Edge.Rest.Orthanc;

/// <summary>The change log and the export log.</summary>
public sealed class Changes(EdgeEngine engine)
{
    private const int DefaultLimit = 100;

    // Pages of a thousand changes are what clients that mirror the server ask for all day: keys are encoded once.
    private static readonly JsonEncodedText ChangeTypeKey = Key("ChangeType"), DateKey = Key("Date"), IdKey = Key("ID"), PathKey = Key("Path"), ResourceTypeKey = Key("ResourceType"), SeqKey = Key("Seq");

    /// <summary>The names of the kinds that the log can hold, by number.</summary>
    private static readonly string[] Kinds = NamesOf();

    public Route[] Routes() =>
    [
        new("GET", "/changes", ListAsync, "List changes"),
        new("DELETE", "/changes", ClearAsync, "Clear changes"),
        new("GET", "/exports", ListExportsAsync, "List exports"),
        new("DELETE", "/exports", ClearExportsAsync, "Clear exports"),
    ];

    private async ValueTask ListAsync(RestRequest request)
    {
        ChangePage page;
        if (request.HasFlag("last") && request.Query.Count == 1)
        {
            page = await engine.Index.PeekAsync(0, static (reader, _) => reader.LastChange(), request.Aborted).ConfigureAwait(false);
        }
        else
        {
            // Numbers that do not parse fall back to the defaults, as Orthanc does.
            ChangeQuery query = new()
            {
                Since = Number(request, "since"),
                To = Number(request, "to"),
                Limit = (int)Math.Clamp(Number(request, "limit") ?? DefaultLimit, 0, int.MaxValue),
                Kinds = KindsOf(request.Argument("type")),
            };
            page = await engine.Index.ReadAsync(query, static (reader, q) => reader.Changes(q), request.Aborted).ConfigureAwait(false);
        }

        await request.Json(page, static (writer, found) =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("Changes"u8);
            foreach (ChangeRow row in found.Rows)
            {
                Write(writer, row);
            }

            writer.WriteEndArray();
            writer.WriteBoolean("Done"u8, found.Done);
            writer.WriteNumber("First"u8, found.First);
            writer.WriteNumber("Last"u8, found.Last);
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private async ValueTask ClearAsync(RestRequest request)
    {
        await engine.Index.ClearChangesAsync(request.Aborted).ConfigureAwait(false);
        await request.EmptyText().ConfigureAwait(false);
    }

    private async ValueTask ListExportsAsync(RestRequest request)
    {
        bool last = request.HasFlag("last") && request.Query.Count == 1;
        (long since, int limit) = (Number(request, "since") ?? 0, (int)Math.Clamp(Number(request, "limit") ?? DefaultLimit, 0, int.MaxValue));
        ExportPage page = await engine.Index.ReadAsync(
            (last, since, limit),
            static (reader, q) => q.last ? reader.LastExport() : reader.Exports(q.since, q.limit),
            request.Aborted).ConfigureAwait(false);
        await request.Json(page, static (writer, found) =>
        {
            writer.WriteStartObject();
            writer.WriteBoolean("Done"u8, found.Done);
            writer.WriteStartArray("Exports"u8);
            foreach (ExportRow row in found.Rows)
            {
                Write(writer, row);
            }

            writer.WriteEndArray();
            writer.WriteNumber("Last"u8, found.Last);
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private async ValueTask ClearExportsAsync(RestRequest request)
    {
        await engine.Index.ClearExportsAsync(request.Aborted).ConfigureAwait(false);
        await request.EmptyText().ConfigureAwait(false);
    }

    private static void Write(Utf8JsonWriter writer, ChangeRow row)
    {
        Span<byte> date = stackalloc byte[15];
        Span<char> path = stackalloc char[64];
        ResourceJson.TryPath(row.Level, row.PublicId, path, out int length);
        writer.WriteStartObject();
        writer.WriteString(ChangeTypeKey, Kinds[(int)row.Kind]);
        writer.WriteString(DateKey, OrthancTime.Second(row.Date, date));
        writer.WriteString(IdKey, row.PublicId);
        writer.WriteString(PathKey, path[..length]);
        writer.WriteString(ResourceTypeKey, ResourceJson.TypeName(row.Level));
        writer.WriteNumber(SeqKey, row.Sequence);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, ExportRow row)
    {
        ExportRequest export = row.Export;
        writer.WriteStartObject();
        writer.WriteString("Date"u8, OrthancTime.Second(export.Date));
        writer.WriteString("ID"u8, export.PublicId);
        writer.WriteString("Path"u8, ResourceJson.Path(export.Level, export.PublicId));
        writer.WriteString("PatientID"u8, export.PatientId);
        writer.WriteString("RemoteModality"u8, export.RemoteModality);
        writer.WriteString("ResourceType"u8, ResourceJson.TypeName(export.Level));
        WriteOptional(writer, "SOPInstanceUID"u8, export.SopInstanceUid);
        writer.WriteNumber("Seq"u8, row.Sequence);
        WriteOptional(writer, "SeriesInstanceUID"u8, export.SeriesInstanceUid);
        WriteOptional(writer, "StudyInstanceUID"u8, export.StudyInstanceUid);
        writer.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter writer, ReadOnlySpan<byte> key, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(key, value);
        }
    }

    private static JsonEncodedText Key(string name) => JsonEncodedText.Encode(name, JsonAnswer.WriterOptions.Encoder);

    private static string[] NamesOf()
    {
        string[] names = new string[(int)ChangeKind.UpdatedMetadata + 1];
        foreach (ChangeKind kind in Enum.GetValues<ChangeKind>())
        {
            if (kind <= ChangeKind.UpdatedMetadata)
            {
                names[(int)kind] = kind.ToString();
            }
        }

        return names;
    }

    private static long? Number(RestRequest request, string name) =>
        long.TryParse(request.Argument(name), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : null;

    private static List<ChangeKind> KindsOf(string? list)
    {
        List<ChangeKind> kinds = [];
        foreach (string name in list?.Split(';', StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            kinds.Add(Enum.TryParse(name, out ChangeKind kind) && !char.IsAsciiDigit(name[0]) && kind < ChangeKind.Deleted
                ? kind
                : throw new EdgeException(ErrorCode.ParameterOutOfRange, $"Unknown type of change: \"{name}\""));
        }

        return kinds;
    }
}
