using System.Buffers;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Metrics;
using Edge.Core.Time;
using Edge.Engine;
using Edge.Engine.Runtime;
using Edge.Rest.Hosting;
using Edge.Rest.Json;
using Edge.Store.Index;

namespace Edge.Rest.Orthanc;

/// <summary>The small tools: time, settings that change at run time, look-up by identifier, metrics.</summary>
public sealed class Tools(EdgeEngine engine)
{
    /// <summary>Identifiers are short; a longer body is none.</summary>
    private const int LongestIdentifier = 1 << 20;

    public Route[] Routes() =>
    [
        new("GET", "/tools/now", static request => request.Text(OrthancTime.Second(TimeProvider.System.GetUtcNow())), "Get UTC time"),
        new("GET", "/tools/now-local", static request => request.Text(OrthancTime.Local(TimeProvider.System)), "Get local time"),
        new("POST", "/tools/lookup", LookupAsync, "Look for DICOM identifiers"),
        new("GET", "/tools/metrics-prometheus", MetricsAsync, "Get usage metrics"),
        new("GET", "/tools/default-encoding", request => request.Text(engine.Settings.DefaultEncoding.ToString()), "Get default encoding"),
        new("PUT", "/tools/default-encoding", PutDefaultEncodingAsync, "Set default encoding"),
        new("GET", "/tools/accepted-transfer-syntaxes", AcceptedTransferSyntaxesAsync, "Get accepted transfer syntaxes"),
        new("PUT", "/tools/accepted-transfer-syntaxes", PutAcceptedTransferSyntaxesAsync, "Set accepted transfer syntaxes"),
        new("GET", "/tools/unknown-sop-class-accepted", request => request.Text(engine.Settings.UnknownSopClassAccepted ? "1" : "0"), "Is unknown SOP class accepted?"),
        new("PUT", "/tools/unknown-sop-class-accepted", PutUnknownSopClassAcceptedAsync, "Set unknown SOP class accepted"),
    ];

    private async ValueTask LookupAsync(RestRequest request)
    {
        string identifier = (await request.ReadTextAsync(LongestIdentifier).ConfigureAwait(false)).Trim();
        List<LookupHit> hits = await engine.Index.PeekAsync(identifier, static (reader, value) =>
        {
            List<LookupHit> found =
            [
                .. reader.Lookup(Core.Ids.ResourceLevel.Patient, 0x00100020, value),
                .. reader.Lookup(Core.Ids.ResourceLevel.Study, 0x0020000D, value),
                .. reader.Lookup(Core.Ids.ResourceLevel.Series, 0x0020000E, value),
                .. reader.Lookup(Core.Ids.ResourceLevel.Instance, 0x00080018, value),
            ];
            return found;
        }, request.Aborted).ConfigureAwait(false);
        await request.Json(hits, static (writer, list) =>
        {
            writer.WriteStartArray();
            foreach (LookupHit hit in list)
            {
                writer.WriteStartObject();
                writer.WriteString("ID"u8, hit.PublicId);
                writer.WriteString("Path"u8, ResourceJson.Path(hit.Level, hit.PublicId));
                writer.WriteString("Type"u8, ResourceJson.TypeName(hit.Level));
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }).ConfigureAwait(false);
    }

    private async ValueTask MetricsAsync(RestRequest request)
    {
        if (!engine.Settings.MetricsEnabled)
        {
            await request.Bytes([], MetricsText.ContentType).ConfigureAwait(false);
            return;
        }

        // The totals are read once for a scrape; the gauges then tell what was read.
        await engine.Gauges.RefreshAsync(request.Aborted).ConfigureAwait(false);
        ArrayBufferWriter<byte> text = new(4096);
        MetricsText.Write(engine.Metrics, text, TimeProvider.System.GetUtcNow());
        await request.Bytes(text.WrittenSpan, MetricsText.ContentType).ConfigureAwait(false);
    }

    private async ValueTask PutDefaultEncodingAsync(RestRequest request)
    {
        engine.Settings.DefaultEncoding = RuntimeSettings.ParseEncoding((await request.ReadTextAsync(LongestIdentifier).ConfigureAwait(false)).Trim());
        await request.Text(engine.Settings.DefaultEncoding.ToString()).ConfigureAwait(false);
    }

    private ValueTask AcceptedTransferSyntaxesAsync(RestRequest request) =>
        request.Json(engine.Settings.TransferSyntaxes.Uids, static (writer, uids) => writer.Texts(uids));

    /// <summary>The body is a JSON array of UIDs and patterns, or one of them as plain text.</summary>
    private async ValueTask PutAcceptedTransferSyntaxesAsync(RestRequest request)
    {
        string text = await request.ReadTextAsync().ConfigureAwait(false);
        engine.Settings.TransferSyntaxes = new AcceptedTransferSyntaxes(ReadPatterns(text));
        await AcceptedTransferSyntaxesAsync(request).ConfigureAwait(false);
    }

    private static List<string> ReadPatterns(string text)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text);
        }
        catch (JsonException)
        {
            return [text.Trim()]; // no JSON: a UID or a pattern by itself
        }

        using (document)
        {
            switch (document.RootElement.ValueKind)
            {
                case JsonValueKind.String:
                    return [document.RootElement.GetString()!];
                case JsonValueKind.Array:
                    List<string> patterns = [];
                    foreach (JsonElement element in document.RootElement.EnumerateArray())
                    {
                        patterns.Add(element.ValueKind == JsonValueKind.String
                            ? element.GetString()!
                            : throw new EdgeException(ErrorCode.BadFileFormat, "Expected strings in the list of transfer syntaxes"));
                    }

                    return patterns;
                default:
                    throw new EdgeException(ErrorCode.BadFileFormat, "Expected an array of transfer syntaxes, or one as a string");
            }
        }
    }

    private async ValueTask PutUnknownSopClassAcceptedAsync(RestRequest request)
    {
        engine.Settings.UnknownSopClassAccepted = (await request.ReadTextAsync(LongestIdentifier).ConfigureAwait(false)).Trim() switch
        {
            "1" or "true" => true,
            "0" or "false" => false,
            _ => throw new EdgeException(ErrorCode.BadFileFormat, "Expected \"0\", \"1\", \"true\" or \"false\""),
        };
        await request.EmptyText().ConfigureAwait(false);
    }
}
