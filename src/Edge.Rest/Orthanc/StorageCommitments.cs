using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Dicom.Tags;
using Edge.Engine;
using Edge.Engine.Content;
using Edge.Engine.Ports;
using Edge.Engine.Remote;
using Edge.Rest.Hosting;
using Edge.Rest.Json;

namespace Edge.Rest.Orthanc;

/// <summary>Storage commitment that we ask of modalities.</summary>
public sealed class StorageCommitments(EdgeEngine engine)
{
    private readonly OutgoingInstances _outgoing = new(engine.Index, engine.Attachments);

    public Route[] Routes() =>
    [
        new("POST", "/modalities/{id}/storage-commitment", RequestAsync, "Trigger storage commitment request"),
        new("GET", "/storage-commitment/{id}", ReportAsync, "Get storage commitment report"),
        new("POST", "/storage-commitment/{id}/remove", RemoveAsync, "Remove after storage commitment"),
    ];

    private async ValueTask RequestAsync(RestRequest request)
    {
        ModalityOptions modality = Modalities.Require(engine, request.Param("id"));
        using JsonDocument body = await request.ReadJsonAsync().ConfigureAwait(false);
        JsonElement fields = body.RootElement.AsObject();
        if (fields.Member("Resources") is null && fields.Member("DicomInstances") is null)
        {
            throw new EdgeException(ErrorCode.BadFileFormat, "The field \"Resources\" or \"DicomInstances\" is missing");
        }

        List<OutgoingInstance> stored = await _outgoing.OfAsync(fields.Texts("Resources"), request.Aborted).ConfigureAwait(false);
        List<CommitmentItem> items = stored.ConvertAll(static one => new CommitmentItem(one.SopClassUid, one.SopInstanceUid));
        if (fields.Member("DicomInstances") is { } list)
        {
            Read(list, items);
        }

        string id = CommitmentReports.NewTransaction();
        await engine.AskCommitmentAsync(modality, Modalities.CallOf(fields), id, items, request.Aborted).ConfigureAwait(false);
        await request.Json(id, static (writer, transaction) =>
        {
            writer.WriteStartObject();
            writer.WriteString("ID"u8, transaction);
            writer.WriteString("Path"u8, "/storage-commitment/" + transaction);
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private ValueTask ReportAsync(RestRequest request) => request.Json(Require(request), static (writer, report) =>
    {
        writer.WriteStartObject();
        if (!report.IsPending)
        {
            WriteItems(writer, "Failures"u8, report.Items.Where(static item => item.FailureReason != 0), withReason: true);
        }

        writer.WriteString("RemoteAET"u8, report.RemoteAet);
        writer.WriteString("Status"u8, report.IsPending ? "Pending"u8 : report.IsSuccess ? "Success"u8 : "Failure"u8);
        if (!report.IsPending)
        {
            WriteItems(writer, "Success"u8, report.Items.Where(static item => item.FailureReason == 0), withReason: false);
        }

        writer.WriteEndObject();
    });

    /// <summary>Deletes here what the modality has committed.</summary>
    private async ValueTask RemoveAsync(RestRequest request)
    {
        CommitmentReport report = Require(request);
        if (!report.IsSuccess)
        {
            throw new EdgeException(ErrorCode.BadSequenceOfCalls, "Cannot remove DICOM instances after failure in storage commitment");
        }

        List<string> committed = await engine.Index.ReadAsync(
            report.Items,
            static (reader, items) => items.SelectMany(item => reader.Lookup(Core.Ids.ResourceLevel.Instance, DicomTags.SOPInstanceUID.Value, item.SopInstanceUid)).Select(static hit => hit.PublicId).ToList(),
            request.Aborted).ConfigureAwait(false);
        await engine.Deletion.DeleteAsync(committed, request.Aborted).ConfigureAwait(false);
        await request.EmptyObject().ConfigureAwait(false);
    }

    private CommitmentReport Require(RestRequest request) =>
        engine.Commitments.Find(request.Param("id")) ?? throw new EdgeException(ErrorCode.InexistentItem, $"No storage commitment transaction with identifier: {request.Param("id")}");

    private static void Read(JsonElement list, List<CommitmentItem> items)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw new EdgeException(ErrorCode.BadFileFormat, "The field \"DicomInstances\" must be an array");
        }

        foreach (JsonElement entry in list.EnumerateArray())
        {
            items.Add(entry.ValueKind switch
            {
                JsonValueKind.Array when entry.AsTexts("DicomInstances") is [var sopClass, var sopInstance] => new CommitmentItem(sopClass, sopInstance),
                JsonValueKind.Object => new CommitmentItem(Mandatory(entry, "SOPClassUID"), Mandatory(entry, "SOPInstanceUID")),
                _ => throw new EdgeException(ErrorCode.BadFileFormat, "\"DicomInstances\" must hold pairs of SOP class and instance UIDs"),
            });
        }
    }

    private static string Mandatory(JsonElement entry, string name) =>
        entry.OptionalText(name) ?? throw new EdgeException(ErrorCode.BadFileFormat, $"The field \"{name}\" is missing in \"DicomInstances\"");

    private static void WriteItems(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IEnumerable<CommitmentItem> items, bool withReason)
    {
        writer.WriteStartArray(name);
        foreach (CommitmentItem item in items)
        {
            writer.WriteStartObject();
            if (withReason)
            {
                writer.WriteString("Description"u8, CommitmentItem.Describe(item.FailureReason));
                writer.WriteNumber("FailureReason"u8, item.FailureReason);
            }

            writer.WriteString("SOPClassUID"u8, item.SopClassUid);
            writer.WriteString("SOPInstanceUID"u8, item.SopInstanceUid);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
