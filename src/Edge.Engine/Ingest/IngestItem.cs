using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.Store.Jobs;

namespace Edge.Engine.Ingest;

/// <summary>Orthanc's words for what became of an instance.</summary>
public enum IngestStatus
{
    Success,
    AlreadyStored,

    /// <summary>A filter refused it; nothing was stored, and that is no failure.</summary>
    FilteredOut,

    /// <summary>No room (HTTP 507, DIMSE A700H).</summary>
    StorageFull,
}

/// <summary>What became of an object.</summary>
/// <param name="Outcome">What the index answered; null where it was not asked.</param>
/// <param name="Detail">Why, where it was refused.</param>
public sealed record IngestResult(IngestStatus Status, OrthancIdentifiers Identifiers, StoreOutcome? Outcome = null, string? Detail = null)
{
    /// <summary>The failure that clients see where there is no room.</summary>
    public EdgeException ToStorageFull() => new(ErrorCode.FullStorage, Detail);
}

/// <summary>One object on its way through the steps of the pipeline.</summary>
/// <param name="content">The bytes of the file; the caller's to dispose.</param>
/// <param name="origin">Where it came from.</param>
/// <param name="scan">Room for the scan of its header.</param>
public sealed class IngestItem(IncomingObject content, IngestOrigin origin, HeaderScan scan)
{
    /// <summary>The bytes; a step may put others in their place, of which the pipeline disposes.</summary>
    public IncomingObject Content { get; set; } = content;

    public IngestOrigin Origin { get; } = origin;

    public HeaderScan Scan { get; } = scan;

    public DateTimeOffset ReceivedAt { get; } = TimeProvider.System.GetUtcNow();

    /// <summary>The SOP class that the C-STORE command named; null elsewhere. The data set must agree (PS3.4 B.2.3, A900H).</summary>
    public string? AnnouncedSopClassUid { get; init; }

    /// <summary>The SOP instance that the C-STORE command named; null elsewhere.</summary>
    public string? AnnouncedSopInstanceUid { get; init; }

    /// <summary>Replaces an instance that is there, whatever <c>OverwriteInstances</c> says; null follows the option.</summary>
    public bool? Overwrite { get; init; }

    /// <summary>The step of a job that the instance completes, committed with it; null elsewhere.</summary>
    public JobCheckpoint? Checkpoint { get; init; }

    /// <summary>Set by <see cref="IdentifyStep"/>.</summary>
    public OrthancIdentifiers? Identifiers { get; set; }

    /// <summary>Set by <see cref="WriteStep"/>: the durable file; null where only the index is kept.</summary>
    public AttachmentRecord? File { get; set; }

    /// <summary>Set by the step that ends the way.</summary>
    public IngestResult? Result { get; set; }
}

/// <summary>A step of the pipeline: looks at the object, may change it, may end its way.</summary>
public interface IIngestStep
{
    /// <returns>False where the way ends here, with <see cref="IngestItem.Result"/> set.</returns>
    ValueTask<bool> RunAsync(IngestItem item, CancellationToken cancellation);
}
