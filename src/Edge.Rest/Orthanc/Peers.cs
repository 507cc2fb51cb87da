using System.Globalization;
using System.Text.Json;
using Edge.Core.Configuration.Readers;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Logging;
using Edge.Core.Options;
using Edge.Engine;
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
        bool permissive = fields.Boolean("Permissive", absent: false);
        bool compress = fields.Boolean("Compress", absent: false);
        string? transcode = fields.OptionalText("Transcode");
        TranscodingRequest? how = string.IsNullOrEmpty(transcode)
            ? null
            : TranscodingRequest.To(transcode, (int)Math.Clamp(fields.Integer("LossyQuality", engine.Options.Transcoding.DicomLossyTranscodingQuality), 0, 101));
        List<AttachmentRecord?> files = await FilesAsync(body.Resources, request.Aborted).ConfigureAwait(false);
        await _exports.NoteAsync(body.Resources, name, request.Aborted).ConfigureAwait(false);
        using PeerClient client = new(peer, engine.Options.HttpClient, (int)Math.Clamp(fields.Integer("Timeout", 0), 0, 86400));
        int failed = 0;
        long size = 0;
        foreach (AttachmentRecord? file in files)
        {
            try
            {
                AttachmentRecord there = file ?? throw new EdgeException(ErrorCode.InexistentFile, "The DICOM file of an instance is not stored");
                Stream stream = await OpenAsync(there, how, request.Aborted).ConfigureAwait(false);
                await using (stream.ConfigureAwait(false))
                {
                    size += stream.Length;
                    await client.StoreAsync(stream, compress, request.Aborted).ConfigureAwait(false);
                }
            }
            catch (EdgeException) when (permissive)
            {
                failed++;
            }
        }

        await request.Json((peer, body.Resources, files.Count, failed, size, compress), static (writer, done) =>
        {
            writer.WriteStartObject();
            writer.WriteBoolean("Compress"u8, done.compress);
            writer.WriteString("Description"u8, "REST API"u8);
            writer.WriteNumber("FailedInstancesCount"u8, done.failed);
            writer.WriteNumber("InstancesCount"u8, done.Count);
            writer.Texts("ParentResources"u8, done.Resources);
            writer.Texts("Peer"u8, done.peer.Username.Length > 0 ? [done.peer.Url, done.peer.Username] : [done.peer.Url]);
            writer.WriteString("Size"u8, done.size.ToString(CultureInfo.InvariantCulture));
            writer.WriteNumber("SizeMB"u8, done.size / (1024 * 1024));
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    /// <summary>A stored file as it is to be sent; one that cannot be transcoded is sent as it is.</summary>
    private async ValueTask<Stream> OpenAsync(AttachmentRecord file, TranscodingRequest? how, CancellationToken cancellation)
    {
        if (how is not null)
        {
            try
            {
                byte[] bytes = await engine.Files.ReadAsync(file, 0, file.PlainSize, cancellation).ConfigureAwait(false);
                if (await engine.Transcoder.TranscodeToBytesAsync(bytes, how, cancellation).ConfigureAwait(false) is { } transcoded)
                {
                    return new MemoryStream(transcoded.Bytes.ToArray(), writable: false);
                }
            }
            catch (EdgeException e) when (e.Code is ErrorCode.NotImplemented)
            {
                Log.Http.Info($"an instance is sent to the peer as it is stored: {e.Message}");
            }
        }

        return engine.Attachments.OpenRead(file, AttachmentView.Plain);
    }

    private async ValueTask StoreStraightAsync(RestRequest request)
    {
        PeerOptions peer = Require(request);
        ReadOnlyMemory<byte> body = await request.ReadBodyAsync(LongestStraight).ConfigureAwait(false);
        using PeerClient client = new(peer, engine.Options.HttpClient);
        using MemoryStream file = new(body.ToArray(), writable: false);
        await request.JsonBytes(await client.StoreAsync(file, compress: false, request.Aborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>The DICOM files below resources, each once; null for an instance without one.</summary>
    /// <exception cref="EdgeException">404 (17) for an unknown resource.</exception>
    private ValueTask<List<AttachmentRecord?>> FilesAsync(IReadOnlyList<string> resources, CancellationToken cancellation) => engine.Index.ReadAsync(
        resources,
        static (reader, ids) =>
        {
            List<AttachmentRecord?> files = [];
            HashSet<long> seen = [];
            foreach (string id in ids)
            {
                ResourceRow row = reader.Find(id) ?? throw new EdgeException(ErrorCode.UnknownResource, $"Unknown resource: {id}");
                foreach (ResourceRow instance in reader.Descendants(row.Id, ResourceLevel.Instance))
                {
                    if (seen.Add(instance.Id))
                    {
                        files.Add(reader.Attachment(instance.Id, AttachmentType.Dicom)?.File);
                    }
                }
            }

            return files;
        },
        cancellation);
}
