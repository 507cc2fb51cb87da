using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Logging;
using Edge.Core.Options;
using Edge.Engine.Ports;
using Edge.Engine.Transcoding;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Engine.Jobs.Transfers;

/// <summary>What a <see cref="PeerStoreJob"/> does. The saved form names the peer: its password stays in the configuration.</summary>
/// <param name="Resources">The public ids that were asked for.</param>
/// <param name="Instances">The instances below them at the time of the request.</param>
/// <param name="Timeout">In seconds; 0 for the peer's.</param>
/// <param name="Transcoding">How the instances are transcoded on the way; null: not at all.</param>
public sealed record PeerStoreRequest(string PeerName, PeerOptions Peer, IReadOnlyList<string> Resources, IReadOnlyList<string> Instances, bool Compress, bool Permissive, int Timeout, TranscodingRequest? Transcoding = null);

/// <summary><c>OrthancPeerStore</c>: sends instances to an Orthanc peer. Each instance is a step.</summary>
public sealed class PeerStoreJob(PeerStoreRequest request) : JobWork
{
    public const string TypeName = "OrthancPeerStore";
    private volatile TransferCursor _at = TransferCursor.Start;

    public override string Type => TypeName;

    /// <summary>Makes the job again from what <see cref="WriteRequest"/> wrote.</summary>
    /// <exception cref="EdgeException">InexistentItem: the peer is no longer configured.</exception>
    public static PeerStoreJob FromRequest(EdgeEngine engine, JsonElement saved)
    {
        string name = saved.TextOf("peer");
        return new PeerStoreJob(new PeerStoreRequest(
            name,
            engine.Settings.Peers.Find(name) ?? throw new EdgeException(ErrorCode.InexistentItem, $"No peer with symbolic name: {name}"),
            saved.TextsOf("resources"),
            saved.TextsOf("instances"),
            saved.GetProperty("compress").GetBoolean(),
            saved.GetProperty("permissive").GetBoolean(),
            saved.GetProperty("timeout").GetInt32(),
            saved.TryGetProperty("transcode", out JsonElement target) ? TranscodingRequest.To(target.GetString()!, saved.GetProperty("quality").GetInt32()) : null));
    }

    public override void WriteRequest(Utf8JsonWriter json)
    {
        json.WriteString("peer"u8, request.PeerName);
        json.Texts("resources"u8, request.Resources);
        json.Texts("instances"u8, request.Instances);
        json.WriteBoolean("compress"u8, request.Compress);
        json.WriteBoolean("permissive"u8, request.Permissive);
        json.WriteNumber("timeout"u8, request.Timeout);
        if (request.Transcoding is { } transcoding)
        {
            json.WriteString("transcode"u8, transcoding.Targets[0].Uid);
            json.WriteNumber("quality"u8, transcoding.Quality);
        }
    }

    public override void WriteContent(Utf8JsonWriter json)
    {
        TransferCursor at = _at;
        json.WriteBoolean("Compress"u8, request.Compress);
        json.WriteString("Description"u8, "REST API"u8);
        json.WriteNumber("FailedInstancesCount"u8, at.Failed);
        json.WriteNumber("InstancesCount"u8, request.Instances.Count);
        json.Texts("ParentResources"u8, request.Resources);
        json.Texts("Peer"u8, request.Peer.Username.Length > 0 ? [request.Peer.Url, request.Peer.Username, ""] : [request.Peer.Url]); // never the password
        json.WriteString("Size"u8, at.Bytes.ToString(System.Globalization.CultureInfo.InvariantCulture));
        json.WriteNumber("SizeMB"u8, at.Bytes / (1024 * 1024));
    }

    public override void Restore(ReadOnlySpan<byte> cursor) => _at = TransferCursor.Parse(cursor);

    public override async Task RunAsync(JobRun run)
    {
        using IPeerConnection peer = run.Engine.PeerConnector.Connect(request.Peer, request.Timeout);
        while (_at.Done < request.Instances.Count)
        {
            long sent = 0;
            bool failed = false;
            try
            {
                sent = await SendAsync(run, peer, request.Instances[_at.Done]).ConfigureAwait(false);
            }
            catch (EdgeException) when (request.Permissive)
            {
                run.Cancellation.ThrowIfCancellationRequested(); // then it is no failure of the instance
                failed = true;
            }

            _at = _at.Next(isSent: !failed, failed, sent);
            run.Report(_at.Done, request.Instances.Count);
            await run.NoteAsync(_at.ToBytes()).ConfigureAwait(false);
        }
    }

    private async ValueTask<long> SendAsync(JobRun run, IPeerConnection peer, string instance)
    {
        AttachmentRecord? file = await run.Engine.Index.ReadAsync(
            instance,
            static (reader, id) => (reader.Find(id, ResourceLevel.Instance) is { } row ? row : throw new EdgeException(ErrorCode.UnknownResource, $"The instance {id} was deleted before it was sent")) is { } there
                ? reader.Attachment(there.Id, AttachmentType.Dicom)?.File
                : null,
            run.Cancellation).ConfigureAwait(false);
        Stream stream = await OpenAsync(run, file ?? throw new EdgeException(ErrorCode.InexistentFile, "The DICOM file of an instance is not stored")).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            return await peer.StoreInstanceAsync(stream, instance, request.Compress, run.Cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>A stored file as it is to be sent; one that cannot be transcoded is sent as it is.</summary>
    private async ValueTask<Stream> OpenAsync(JobRun run, AttachmentRecord file)
    {
        if (request.Transcoding is { } transcoding)
        {
            try
            {
                byte[] bytes = await run.Engine.Files.ReadAsync(file, 0, file.PlainSize, run.Cancellation).ConfigureAwait(false);
                if (await run.Engine.Transcoder.TranscodeToBytesAsync(bytes, transcoding, run.Cancellation).ConfigureAwait(false) is { } transcoded)
                {
                    return new MemoryStream(transcoded.Bytes.ToArray(), writable: false);
                }
            }
            catch (EdgeException e) when (e.Code is ErrorCode.NotImplemented)
            {
                Log.Jobs.Info($"an instance is sent to the peer as it is stored: {e.Message}");
            }
        }

        return run.Engine.Attachments.OpenRead(file, AttachmentView.Plain);
    }
}
