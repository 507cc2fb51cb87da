using System.Collections.Concurrent;
using System.Diagnostics;
using Edge.Core.Metrics;
using Edge.Dicom.Reading;
using Edge.Store.Jobs;

namespace Edge.Engine.Ingest;

/// <summary>The one way in, for every face: an ordered list of steps, each of which may change the object or refuse it.</summary>
public sealed class IngestPipeline(IReadOnlyList<IIngestStep> steps, IncomingMemory memory, RecentExtreme? duration = null)
{
    private readonly ConcurrentBag<HeaderScan> _scans = [];

    /// <summary>What objects on their way in share.</summary>
    public IncomingMemory Memory { get; } = memory;

    /// <summary>An empty object to receive into. Dispose it after <see cref="IngestAsync"/>.</summary>
    public IncomingObject Receive() => new(Memory);

    /// <summary>Takes an object in. When the task completes with Success, it is durable.</summary>
    /// <exception cref="Core.Errors.EdgeException">It cannot be stored: no DICOM, no identifiers, a failing disk. Nothing is kept then.</exception>
    public async ValueTask<IngestResult> IngestAsync(
        IncomingObject content,
        IngestOrigin origin,
        string? announcedSopClassUid = null,
        string? announcedSopInstanceUid = null,
        bool? overwrite = null,
        JobCheckpoint? checkpoint = null,
        CancellationToken cancellation = default)
    {
        long start = Stopwatch.GetTimestamp();
        if (!_scans.TryTake(out HeaderScan? scan))
        {
            scan = new HeaderScan();
        }

        IngestItem item = new(content, origin, scan)
        {
            AnnouncedSopClassUid = announcedSopClassUid,
            AnnouncedSopInstanceUid = announcedSopInstanceUid,
            Overwrite = overwrite,
            Checkpoint = checkpoint,
        };
        try
        {
            foreach (IIngestStep step in steps)
            {
                if (!await step.RunAsync(item, cancellation).ConfigureAwait(false))
                {
                    return item.Result!;
                }
            }

            throw new InvalidOperationException("the last step must end the way of an object");
        }
        finally
        {
            if (!ReferenceEquals(item.Content, content))
            {
                await item.Content.DisposeAsync().ConfigureAwait(false);
            }

            _scans.Add(scan);
            duration?.RecordSince(start);
        }
    }
}
