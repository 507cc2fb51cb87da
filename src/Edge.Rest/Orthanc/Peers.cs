using System.Globalization;
using System.Text.Json;
using Edge.Core.Configuration.Readers;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Engine;
using Edge.Engine.Content;
using Edge.Engine.Jobs.Transfers;
using Edge.Engine.Ports;
using Edge.Engine.Remote;
using Edge.Engine.Transcoding;
using Edge.Rest.Clients;
using Edge.Rest.Hosting;
using Edge.Rest.Json;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Rest.Orthanc;

/// <summary>The known Orthanc peers: their configuration, and sending to them.</summary>
public sealed class Peers(EdgeEngine engine)
{
    /// <summary>An instance that is sent without being stored must fit into this many bytes.</summary>
    private const long LongestStraight = 1L << 30;

    private static readonly string[] Operations = ["configuration", "store", "store-straight", "system"];

    private readonly OutgoingInstances _outgoing = new(engine.Index, engine.Attachments);
    private readonly ExportLog _exports = new(engine.Index, engine.Options.General.LogExportedResources);

    public Route[] Routes() =>
    [
        new("GET", "/peers", ListAsync, "List Orthanc peers"),
        new("GET", "/peers/{id}", DescribeAsync, "List operations on peer"),
        new("PUT", "/peers/{id}", PutAsync, "Update peer"),
        new("DELETE", "/peers/{id}", DeleteAsync, "Delete Orthanc peer"),
        new("GET", "/peers/{id}/configuration", request => request.Json(Require(request), static (writer, peer) => PeerReader.WritePublic(writer, peer)), "Get peer configuration"),
        new("GET", "/peers/{id}/system", SystemAsync, "Get peer system information"),
        new("POST", "/peers/{id}/store", StoreAsync, "Send to Orthanc peer"),
        new("POST", "/peers/{id}/store-straight", StoreStraightAsync, "Straight store to peer"),
    ];

    private PeerOptions Require(RestRequest request) =>
        engine.Settings.Peers.Find(request.Param("id")) ?? throw new EdgeException(ErrorCode.UnknownResource, $"No peer with symbolic name: {request.Param("id")}");

    private ValueTask ListAsync(RestRequest request)
    {
        IReadOnlyDictionary<string, PeerOptions> all = engine.Settings.Peers.All;
        return request.BooleanArgument("expand", absent: false)
            ? request.Json(all, static (writer, entries) =>
            {
                writer.WriteStartObject();
                foreach ((string name, PeerOptions peer) in entries)
                {
                    writer.WritePropertyName(name);
                    PeerReader.WritePublic(writer, peer);
                }

                writer.WriteEndObject();
            })
            : request.Json(all.Keys, static (writer, names) => writer.Texts(names));
    }

    private ValueTask DescribeAsync(RestRequest request) => engine.Settings.Peers.Find(request.Param("id")) is null
        ? request.Empty(404)
        : request.Json(Operations, static (writer, operations) => writer.Texts(operations));

    private async ValueTask PutAsync(RestRequest request)
    {
        string name = request.Param("id");
        ReadOnlyMemory<byte> body = await request.ReadBodyAsync(64 * 1024).ConfigureAwait(false);
        engine.Settings.Peers.Set(name, PeerReader.Parse(name, body.Span, Environment.CurrentDirectory));
        await request.EmptyText().ConfigureAwait(false);
    }

    private ValueTask DeleteAsync(RestRequest request) => engine.Settings.Peers.Remove(request.Param("id"))
        ? request.EmptyText()
        : throw new EdgeException(ErrorCode.InexistentItem, $"No peer with symbolic name: {request.Param("id")}");

    private async ValueTask SystemAsync(RestRequest request)
    {
        using PeerClient client = new(Require(request), engine.Options.HttpClient);
        await request.JsonBytes(await client.GetAsync("system", request.Aborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async ValueTask StoreAsync(RestRequest request)
    {
        string name = request.Param("id");
        PeerOptions peer = Require(request);
        using StoreBody body = await StoreBody.ReadAsync(request).ConfigureAwait(false);
        JsonElement fields = body.Fields ?? default;
        string? transcode = fields.OptionalText("Transcode");
        TranscodingRequest? how = string.IsNullOrEmpty(transcode)
            ? null
            : TranscodingRequest.To(transcode, (int)Math.Clamp(fields.Integer("LossyQuality", engine.Options.Transcoding.DicomLossyTranscodingQuality), 0, 101));
        List<OutgoingInstance> instances = await _outgoing.OfAsync(body.Resources, request.Aborted).ConfigureAwait(false);
        await _exports.NoteAsync(body.Resources, name, request.Aborted).ConfigureAwait(false);
        JobFields job = JobFields.Of(body.Fields);
        PeerStoreRequest store = new(
            name,
            peer,
            body.Resources,
            instances.ConvertAll(static one => one.PublicId),
            fields.Boolean("Compress", absent: false),
            job.Permissive,
            (int)Math.Clamp(fields.Integer("Timeout", 0), 0, 86400),
            how);
        await JobSubmission.AnswerAsync(request, engine, new PeerStoreJob(store), job).ConfigureAwait(false);
    }

    private async ValueTask StoreStraightAsync(RestRequest request)
    {
        PeerOptions peer = Require(request);
        ReadOnlyMemory<byte> body = await request.ReadBodyAsync(LongestStraight).ConfigureAwait(false);
        using PeerClient client = new(peer, engine.Options.HttpClient);
        using MemoryStream file = new(body.ToArray(), writable: false);
        await request.JsonBytes(await client.StoreAsync(file, compress: false, request.Aborted).ConfigureAwait(false)).ConfigureAwait(false);
    }
}
