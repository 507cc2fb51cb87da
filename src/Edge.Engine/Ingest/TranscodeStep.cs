using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Engine.Transcoding;

namespace Edge.Engine.Ingest;

/// <summary>Transcodes what comes in (<c>IngestTranscoding</c>). What cannot be transcoded is stored as it was received.</summary>
public sealed class TranscodeStep(Transcoder transcoder, IngestTranscodingRule rule, IdentifyStep identify, IncomingMemory memory) : IIngestStep
{
    public async ValueTask<bool> RunAsync(IngestItem item, CancellationToken cancellation)
    {
        if (item.KeepsTransferSyntax || rule.For(item.Scan.TransferSyntax) is not { } request)
        {
            return true;
        }

        TranscodedBytes? transcoded;
        try
        {
            transcoded = await transcoder.TranscodeToBytesAsync(await ReadAsync(item.Content, cancellation).ConfigureAwait(false), request, cancellation).ConfigureAwait(false);
        }
        catch (EdgeException e)
        {
            Log.Dicom.Info($"an instance in {item.Scan.TransferSyntax.Uid} is stored as it was received: {e.Message}");
            return true;
        }

        if (transcoded is null)
        {
            return true;
        }

        // Who holds none of the network budget may wait for it: what was received is given back first.
        await item.Content.DisposeAsync().ConfigureAwait(false);
        IncomingObject content = new(memory);
        try
        {
            await content.AppendAsync(transcoded.Bytes, cancellation).ConfigureAwait(false);
        }
        catch
        {
            await content.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        // The pipeline disposes of what stands in the item.
        item.Content = content;
        await identify.IdentifyAsync(item, cancellation).ConfigureAwait(false);
        return true;
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(IncomingObject content, CancellationToken cancellation)
    {
        if (content.Length > Transcoder.LongestFile)
        {
            throw new EdgeException(ErrorCode.NotEnoughMemory, $"{content.Length} bytes are too many to be transcoded");
        }

        if (content.Spool is not { } spool)
        {
            return content.Bytes;
        }

        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)content.Length);
        int at = 0;
        while (at < bytes.Length)
        {
            int read = await spool.ReadAsync(at, bytes.AsMemory(at), cancellation).ConfigureAwait(false);
            at += read > 0 ? read : throw new EdgeException(ErrorCode.CorruptedFile, $"the received file ends after {at} of {bytes.Length} bytes");
        }

        return bytes;
    }
}
