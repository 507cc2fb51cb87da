using System.Globalization;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Engine;
using Edge.Engine.Remote;
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

    private readonly EntryArea<PeerOptions> _entries = new(engine.Directories.Peers, Operations);
    private readonly ExportLog _exports = new(engine.Index, engine.Options.General.LogExportedResources);

    public Route[] Routes() =>
    [
        new("GET", "/peers", _entries.ListAsync, "List Orthanc peers"),
        new("GET", "/peers/{id}", _entries.DescribeAsync, "List operations on peer"),
        new("PUT", "/peers/{id}", _entries.PutAsync, "Update peer"),
        new("DELETE", "/peers/{id}", _entries.DeleteAsync, "Delete Orthanc peer"),
        new("GET", "/peers/{id}/configuration", request => _entries.ConfigurationAsync(request, ErrorCode.UnknownResource), "Get peer configuration"),
        new("GET", "/peers/{id}/system", SystemAsync, "Get peer system information"),
        new("POST", "/peers/{id}/store", StoreAsync, "Send to Orthanc peer"),
        new("POST", "/peers/{id}/store-straight", StoreStraightAsync, "Straight store to peer"),
    ];

    private PeerOptions Require(RestRequest request) => _entries.Require(request, ErrorCode.UnknownResource);

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
        if (!string.IsNullOrEmpty(transcode))
        {
            throw new EdgeException(ErrorCode.NotImplemented, "Transcoding while sending to a peer is not available");
        }

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
                Stream stream = engine.Attachments.OpenRead(there, AttachmentView.Plain);
                await using (stream.ConfigureAwait(false))
                {
                    await client.StoreAsync(stream, compress, request.Aborted).ConfigureAwait(false);
                }

                size += there.PlainSize;
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
