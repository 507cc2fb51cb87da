using System.Text.Json;
using Edge.Core.Configuration.Readers;
using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Engine;
using Edge.Engine.Content;
using Edge.Engine.Jobs.Transfers;
using Edge.Engine.Ports;
using Edge.Engine.Remote;
using Edge.Rest.Hosting;
using Edge.Rest.Json;

namespace Edge.Rest.Orthanc;

/// <summary>The known DICOM modalities: their configuration, C-ECHO and C-STORE.</summary>
public sealed class Modalities(EdgeEngine engine)
{
    /// <summary>An instance that is sent without being stored must fit into this many bytes.</summary>
    private const long LongestStraight = 1L << 30;

    /// <summary>What can be asked of a modality, sorted.</summary>
    private static readonly string[] Operations =
    [
        "configuration", "echo", "find", "find-instance", "find-patient", "find-series", "find-study", "find-worklist", "get", "move", "query", "storage-commitment", "store", "store-straight",
    ];

    private readonly EntryArea<ModalityOptions> _entries = new(engine.Directories.Modalities, Operations);
    private readonly OutgoingInstances _outgoing = new(engine.Index, engine.Attachments);
    private readonly ExportLog _exports = new(engine.Index, engine.Options.General.LogExportedResources);

    public Route[] Routes() =>
    [
        new("GET", "/modalities", _entries.ListAsync, "List DICOM modalities"),
        new("GET", "/modalities/{id}", _entries.DescribeAsync, "List operations on modality"),
        new("PUT", "/modalities/{id}", _entries.PutAsync, "Update DICOM modality"),
        new("DELETE", "/modalities/{id}", _entries.DeleteAsync, "Delete DICOM modality"),
        new("GET", "/modalities/{id}/configuration", request => _entries.ConfigurationAsync(request, ErrorCode.InexistentItem), "Get modality configuration"),
        new("POST", "/modalities/{id}/echo", EchoAsync, "Trigger C-ECHO SCU"),
        new("POST", "/tools/dicom-echo", ToolEchoAsync, "Trigger C-ECHO SCU"),
        new("POST", "/modalities/{id}/store", StoreAsync, "Trigger C-STORE SCU"),
        new("POST", "/modalities/{id}/store-straight", StoreStraightAsync, "Straight C-STORE SCU"),
    ];

    /// <summary>The modality of a name.</summary>
    /// <exception cref="EdgeException">404 (7).</exception>
    public static ModalityOptions Require(EdgeEngine engine, string name) =>
        engine.Settings.Modalities.Find(name) ?? throw new EdgeException(ErrorCode.InexistentItem, $"No modality with symbolic name: {name}");

    /// <summary>How a request's fields want a modality to be called.</summary>
    public static ModalityCall CallOf(JsonElement? fields) => fields is { } body
        ? new ModalityCall(body.OptionalText("LocalAet"), body.Member("Timeout") is null ? null : (int)Math.Clamp(body.Integer("Timeout", 0), 0, 86400))
        : new ModalityCall();

    private async ValueTask EchoAsync(RestRequest request)
    {
        ModalityOptions modality = Require(engine, request.Param("id"));
        using JsonDocument? body = await request.ReadOptionalJsonAsync().ConfigureAwait(false);
        await EchoAsync(request, modality, body?.RootElement is { ValueKind: JsonValueKind.Object } fields ? fields : null).ConfigureAwait(false);
    }

    private async ValueTask ToolEchoAsync(RestRequest request)
    {
        ReadOnlyMemory<byte> bytes = await request.ReadBodyAsync(64 * 1024).ConfigureAwait(false);
        if (bytes.IsEmpty)
        {
            throw new EdgeException(ErrorCode.BadFileFormat, "The body must be the configuration of a modality");
        }

        using JsonDocument body = JsonDocument.Parse(bytes);
        ModalityOptions modality = ModalityReader.Parse("echo", bytes.Span);
        await EchoAsync(request, modality, body.RootElement is { ValueKind: JsonValueKind.Object } fields ? fields : null).ConfigureAwait(false);
    }

    private async ValueTask EchoAsync(RestRequest request, ModalityOptions modality, JsonElement? fields)
    {
        bool checksFind = fields is { } body ? body.Boolean("CheckFind", engine.Options.Remote.DicomEchoChecksFind) : engine.Options.Remote.DicomEchoChecksFind;
        await engine.ModalityClient.EchoAsync(modality, CallOf(fields), checksFind, request.Aborted).ConfigureAwait(false);
        await request.EmptyObject().ConfigureAwait(false);
    }

    private async ValueTask StoreAsync(RestRequest request)
    {
        string name = request.Param("id");
        ModalityOptions modality = Require(engine, name);
        using StoreBody body = await StoreBody.ReadAsync(request).ConfigureAwait(false);
        JsonElement fields = body.Fields ?? default;
        modality = modality with
        {
            Aet = fields.Text("CalledAet", modality.Aet),
            Host = fields.Text("Host", modality.Host),
            Port = (int)fields.Integer("Port", modality.Port),
        };
        ModalityCall call = CallOf(body.Fields);
        string? originator = fields.OptionalText("MoveOriginatorAet");
        long originatorId = fields.Integer("MoveOriginatorID", 0);
        if (originatorId is < 0 or > ushort.MaxValue)
        {
            throw new EdgeException(ErrorCode.ParameterOutOfRange, "\"MoveOriginatorID\" must lie between 0 and 65535");
        }

        SendOptions how = new()
        {
            LocalAet = call.LocalAet,
            Timeout = call.Timeout ?? 0,
            MoveOriginatorAet = string.IsNullOrEmpty(originator) ? null : originator,
            MoveOriginatorId = string.IsNullOrEmpty(originator) ? null : (ushort)originatorId,
        };
        List<OutgoingInstance> instances = await _outgoing.OfAsync(body.Resources, request.Aborted).ConfigureAwait(false);
        await _exports.NoteAsync(body.Resources, name, request.Aborted).ConfigureAwait(false);
        JobFields job = JobFields.Of(body.Fields);
        ModalityStoreRequest store = new(
            modality,
            body.Resources,
            instances.ConvertAll(static one => one.PublicId),
            how,
            RetrieveJson.LocalAet(engine, modality, call),
            job.Permissive,
            fields.Boolean("StorageCommitment", absent: false) ? CommitmentReports.NewTransaction() : null);
        await JobSubmission.AnswerAsync(request, engine, new ModalityStoreJob(store), job).ConfigureAwait(false);
    }

    private async ValueTask StoreStraightAsync(RestRequest request)
    {
        ModalityOptions modality = Require(engine, request.Param("id"));
        ReadOnlyMemory<byte> body = await request.ReadBodyAsync(LongestStraight).ConfigureAwait(false);
        OutgoingInstance instance = OutgoingInstances.OfFile(body);
        await foreach (SendResult result in engine.Sender.SendAsync(modality, [instance], null, request.Aborted).ConfigureAwait(false))
        {
            if (!result.IsSent)
            {
                throw FailureOf(modality, result);
            }
        }

        await request.Json(instance, static (writer, sent) =>
        {
            writer.WriteStartObject();
            writer.WriteString("SOPClassUID"u8, sent.SopClassUid);
            writer.WriteString("SOPInstanceUID"u8, sent.SopInstanceUid);
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static EdgeException FailureOf(ModalityOptions modality, SendResult result)
    {
        ErrorCode code = result.Failure?.Code ?? ErrorCode.NetworkProtocol;
        return new EdgeException(
            code == ErrorCode.CannotStoreInstance ? ErrorCode.NetworkProtocol : code,
            $"C-STORE SCU to AET \"{modality.Aet}\": {result.Failure?.Message}",
            result.Failure);
    }
}
