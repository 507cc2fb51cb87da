using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Edge.Core.Configuration.Readers;
using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Dicom.Tags;
using Edge.Engine.Ports;

namespace Edge.Engine.Jobs.Transfers;

/// <summary>What a <see cref="RetrieveJob"/> does; as it is saved.</summary>
/// <param name="TargetAet">Where C-MOVE sends to; null for C-GET.</param>
/// <param name="Identifiers">One per retrieval (PS3.4 C.4.2.1.4, C.4.3.1.3).</param>
/// <param name="Format">How identifiers are shown.</param>
/// <param name="SopClasses">C-GET: the storage classes proposed; empty for the usual ones.</param>
/// <param name="LocalAet">The title that is used towards the modality.</param>
public sealed record RetrieveRequest(
    ModalityOptions Modality,
    ModalityCall Call,
    string? TargetAet,
    IReadOnlyList<DataSet> Identifiers,
    TagFormat Format,
    IReadOnlyList<string> SopClasses,
    string LocalAet,
    bool Permissive);

/// <summary><c>DicomMoveScu</c> and <c>DicomGetScu</c>: retrieves from a modality. Each identifier is a step.</summary>
public sealed class RetrieveJob(RetrieveRequest request) : JobWork
{
    public const string MoveTypeName = "DicomMoveScu";
    public const string GetTypeName = "DicomGetScu";

    /// <summary>Values of identifiers are never cut.</summary>
    private static readonly OrthancJsonOptions Uncut = new() { MaximumLength = 0, Whole = true };

    private volatile OutcomeList _outcomes = new([]);

    public override string Type => request.TargetAet is null ? GetTypeName : MoveTypeName;

    /// <summary>Makes the job again from what <see cref="WriteRequest"/> wrote.</summary>
    public static RetrieveJob FromRequest(EdgeEngine engine, JsonElement saved) => new(new RetrieveRequest(
        ModalityReader.Parse("job", saved.RawOf("modality")),
        new ModalityCall(saved.OptionalTextOf("callingAet"), saved.TryGetProperty("timeout", out JsonElement timeout) ? timeout.GetInt32() : null),
        saved.OptionalTextOf("target"),
        [.. saved.GetProperty("identifiers").EnumerateArray().Select(static one => DicomReader.ReadDataSet(one.GetBytesFromBase64(), TransferSyntax.ExplicitVrLittleEndian))],
        (TagFormat)saved.GetProperty("format").GetInt32(),
        saved.TextsOf("sopClasses"),
        saved.TextOf("localAet"),
        saved.GetProperty("permissive").GetBoolean()));

    public override void WriteRequest(Utf8JsonWriter json)
    {
        json.WritePropertyName("modality"u8);
        ModalityReader.Write(json, request.Modality);
        json.WriteString("callingAet"u8, request.Call.LocalAet);
        if (request.Call.Timeout is { } timeout)
        {
            json.WriteNumber("timeout"u8, timeout);
        }

        json.WriteString("target"u8, request.TargetAet);
        json.WriteStartArray("identifiers"u8);
        foreach (DataSet identifier in request.Identifiers)
        {
            json.WriteBase64StringValue(DicomWriter.ToArray(identifier, TransferSyntax.ExplicitVrLittleEndian));
        }

        json.WriteEndArray();
        json.WriteNumber("format"u8, (int)request.Format);
        json.Texts("sopClasses"u8, request.SopClasses);
        json.WriteString("localAet"u8, request.LocalAet);
        json.WriteBoolean("permissive"u8, request.Permissive);
    }

    public override void WriteContent(Utf8JsonWriter json)
    {
        ImmutableList<RetrieveOutcome> outcomes = _outcomes.All;
        json.WriteString("Description"u8, "REST API"u8);
        json.WritePropertyName("Details"u8);
        WriteDetails(json, outcomes);
        json.WriteString("LocalAet"u8, request.LocalAet);
        json.WriteStartArray("Query"u8);
        foreach (DataSet identifier in request.Identifiers)
        {
            OrthancTagsJson.Write(json, identifier, request.Format, Uncut);
        }

        json.WriteEndArray();
        json.WriteString("RemoteAet"u8, request.Modality.Aet);
        if (request.TargetAet is not null)
        {
            json.WriteString("TargetAet"u8, request.TargetAet);
        }
    }

    public override void Restore(ReadOnlySpan<byte> cursor)
    {
        ImmutableList<RetrieveOutcome>.Builder outcomes = ImmutableList.CreateBuilder<RetrieveOutcome>();
        using JsonDocument saved = JsonDocument.Parse(cursor.ToArray());
        foreach (JsonElement outcome in saved.RootElement.EnumerateArray())
        {
            outcomes.Add(new RetrieveOutcome(outcome.GetProperty("status").GetUInt16(), outcome.TextsOf("received")));
        }

        _outcomes = new OutcomeList(outcomes.ToImmutable());
    }

    public override async Task RunAsync(JobRun run)
    {
        int done = _outcomes.All.Count;
        if (done >= request.Identifiers.Count)
        {
            return;
        }

        List<DataSet> left = [.. request.Identifiers.Skip(done)];
        IAsyncEnumerable<RetrieveOutcome> retrieval = request.TargetAet is null
            ? run.Engine.ModalityClient.GetAsync(request.Modality, request.Call, left, request.SopClasses, run.Cancellation)
            : run.Engine.ModalityClient.MoveAsync(request.Modality, request.Call, request.TargetAet, left, run.Cancellation);
        await foreach (RetrieveOutcome outcome in retrieval.ConfigureAwait(false))
        {
            if (!outcome.IsDone && !request.Permissive)
            {
                throw new EdgeException(
                    ErrorCode.NetworkProtocol,
                    $"{(request.TargetAet is null ? "C-GET" : "C-MOVE")} SCU to AET \"{request.Modality.Aet}\" has failed with DIMSE status 0x{outcome.Status:X4}")
                {
                    HttpStatus = outcome.Status == 0xC000 ? 422 : null,
                    Payload = PayloadOf(_outcomes.All.Add(outcome)),
                };
            }

            _outcomes = new OutcomeList(_outcomes.All.Add(outcome));
            run.Report(_outcomes.All.Count, request.Identifiers.Count);
            await run.CheckpointAsync(Cursor(_outcomes.All)).ConfigureAwait(false);
        }
    }

    private void WriteDetails(Utf8JsonWriter json, ImmutableList<RetrieveOutcome> outcomes)
    {
        json.WriteStartArray();
        for (int i = 0; i < outcomes.Count; i++)
        {
            json.WriteStartObject();
            json.WriteNumber("DimseErrorStatus"u8, outcomes[i].Status);
            json.WritePropertyName("Query"u8);
            OrthancTagsJson.Write(json, request.Identifiers[i], request.Format, Uncut);
            json.Texts("ReceivedInstancesIds"u8, outcomes[i].Received);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>How the retrievals went up to the one that failed.</summary>
    private ErrorPayload PayloadOf(ImmutableList<RetrieveOutcome> outcomes)
    {
        ArrayBufferWriter<byte> content = new();
        using (Utf8JsonWriter json = new(content))
        {
            WriteDetails(json, outcomes);
        }

        return new ErrorPayload("RetrieveJob", content.WrittenMemory);
    }

    private static ReadOnlyMemory<byte> Cursor(ImmutableList<RetrieveOutcome> outcomes)
    {
        ArrayBufferWriter<byte> cursor = new();
        using (Utf8JsonWriter json = new(cursor))
        {
            json.WriteStartArray();
            foreach (RetrieveOutcome outcome in outcomes)
            {
                json.WriteStartObject();
                json.WriteNumber("status"u8, outcome.Status);
                json.Texts("received"u8, outcome.Received);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return cursor.WrittenMemory;
    }

    /// <summary>Replaced as a whole, since a content may be written meanwhile.</summary>
    private sealed record OutcomeList(ImmutableList<RetrieveOutcome> All);
}
