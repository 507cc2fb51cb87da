using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Dicom;
using Edge.Dimse.Messages;
using Edge.Dimse.Scp;
using Edge.Engine.Ingest;

namespace Edge.Services.Scp;

/// <summary>Receives the data set of one C-STORE behind a meta header made for it, and takes it in.</summary>
public sealed class StoreSink(IngestPipeline pipeline, IngestOrigin origin, string sopClassUid, string sopInstanceUid, string transferSyntaxUid, CancellationToken ended) : IObjectSink
{
    private readonly IncomingObject _content = pipeline.Receive();
    private bool _hasHeader;

    /// <summary>Told of what was kept.</summary>
    public Action<IngestResult>? Stored { get; init; }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> fragment) =>
        _hasHeader && _content.TryAppend(fragment.Span) ? ValueTask.CompletedTask : WriteSlowlyAsync(fragment);

    public async ValueTask<DimseStatus> CompleteAsync()
    {
        await using IncomingObject content = _content;
        try
        {
            IngestResult result = await pipeline.IngestAsync(content, origin, sopClassUid, sopInstanceUid, cancellation: CancellationToken.None).ConfigureAwait(false);
            if (result.Status == IngestStatus.StorageFull)
            {
                return DimseStatus.OutOfResources with { Comment = result.Detail };
            }

            if (result.DimseStatus is { } wanted)
            {
                return new DimseStatus(wanted);
            }

            Stored?.Invoke(result);
            return DimseStatus.Success;
        }
        catch (EdgeException e)
        {
            Log.Dicom.Warning($"C-STORE from {origin.RemoteAet} refused: {e.Message}");
            return StatusOf(e);
        }
    }

    public ValueTask AbortAsync() => _content.DisposeAsync();

    /// <summary>What cannot be read is not understood; every other failure may pass (PS3.4 B.2.3).</summary>
    private static DimseStatus StatusOf(EdgeException failure)
    {
        DimseStatus status = failure.Code switch
        {
            ErrorCode.BadFileFormat or ErrorCode.InexistentTag or ErrorCode.BadParameterType => DimseStatus.CannotUnderstand,
            ErrorCode.NoSopClassOrInstance => DimseStatus.DataSetDoesNotMatch,
            _ => DimseStatus.OutOfResources,
        };
        return status with { Comment = failure.Detail };
    }

    private async ValueTask WriteSlowlyAsync(ReadOnlyMemory<byte> fragment)
    {
        if (!_hasHeader)
        {
            _hasHeader = true;
            byte[] header = FileMetaInformation.Encode(sopClassUid, sopInstanceUid, transferSyntaxUid);
            await _content.AppendAsync(header, ended).ConfigureAwait(false);
        }

        await _content.AppendAsync(fragment, ended).ConfigureAwait(false);
    }
}
