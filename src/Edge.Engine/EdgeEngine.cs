using Edge.Core.Metrics;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Engine.Annotation;
using Edge.Engine.Archives;
using Edge.Engine.Conformance;
using Edge.Engine.Content;
using Edge.Engine.Creation;
using Edge.Engine.Images;
using Edge.Engine.Ports;
using Edge.Engine.Ingest;
using Edge.Engine.Jobs;
using Edge.Engine.Modification;
using Edge.Engine.Query;
using Edge.Engine.Reconstruction;
using Edge.Engine.Remote;
using Edge.Engine.Runtime;
using Edge.Engine.Scripting;
using Edge.Engine.Stability;
using Edge.Engine.Transcoding;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Engine;

/// <summary>What the faces call: the use cases of the server, put together by its composition.</summary>
public sealed class EdgeEngine
{
    public required EdgeOptions Options { get; init; }

    public required RuntimeSettings Settings { get; init; }

    public required MainTags MainTags { get; init; }

    public required IResourceIndex Index { get; init; }

    public required IAttachmentArea Attachments { get; init; }

    public required IngestPipeline Ingest { get; init; }

    public required InstanceFiles Files { get; init; }

    public required FrameImages Images { get; init; }

    public required NumpyVolumes Volumes { get; init; }

    public required ArchiveBuilder Archives { get; init; }

    /// <summary>The archives that jobs have built.</summary>
    public required ArchiveShelf ArchiveShelf { get; init; }

    /// <summary>Gives files another transfer syntax.</summary>
    public required Transcoder Transcoder { get; init; }

    public required HeaderReading Headers { get; init; }

    public required ResourceAttachments ResourceAttachments { get; init; }

    public required ResourceReconstruction Reconstruction { get; init; }

    public required ConformanceStatement Conformance { get; init; }

    /// <summary>Stops and restarts the server.</summary>
    public required IServerControl Control { get; init; }

    public required ResourceQueries Queries { get; init; }

    public required ResourceDeletion Deletion { get; init; }

    /// <summary>Stores instances at modalities.</summary>
    public required IDicomSender Sender { get; init; }

    /// <summary>Asks modalities.</summary>
    public required IModalityClient ModalityClient { get; init; }

    /// <summary>Connects to Orthanc peers.</summary>
    public required IPeerConnector PeerConnector { get; init; }

    /// <summary>What modalities were asked to commit.</summary>
    public required CommitmentReports Commitments { get; init; }

    /// <summary>Runs what takes long.</summary>
    public required JobsEngine Jobs { get; init; }

    /// <summary>Modifies, anonymizes, splits and merges.</summary>
    public required Modifications Modifications { get; init; }

    /// <summary>Makes new instances of tags and content.</summary>
    public required DicomCreation Creation { get; init; }

    public required StabilityMonitor Stability { get; init; }

    public required MetricsRegistry Metrics { get; init; }

    /// <summary>The metadata and attachments that the configuration names.</summary>
    public required NamedNumbers Names { get; init; }

    /// <summary>The version of this program, such as <c>0.1.0</c>.</summary>
    public required string EdgeVersion { get; init; }

    /// <summary>Runs Lua scripts, one after the other.</summary>
    public required ScriptRunner Scripts { get; init; }

    /// <summary>Identifies this server towards others that share its storage (<c>DatabaseServerIdentifier</c>).</summary>
    public required string ServerIdentifier { get; init; }

    /// <summary>The gauges of the index for the metrics.</summary>
    public required IndexGauges Gauges { get; init; }

    /// <summary>Asks a modality to answer for instances (N-ACTION) in a transaction of ours; noted before it is asked, since the answer may come at once.</summary>
    /// <exception cref="Core.Errors.EdgeException">NetworkProtocol.</exception>
    public ValueTask AskCommitmentAsync(ModalityOptions modality, ModalityCall call, string transactionUid, IReadOnlyList<CommitmentItem> items, CancellationToken cancellation)
    {
        Commitments.Begin(transactionUid, new CommitmentReport(modality.Aet, IsPending: true, items));
        return ModalityClient.RequestCommitmentAsync(modality, call, transactionUid, items, cancellation);
    }

    public DateTimeOffset StartedAt { get; } = TimeProvider.System.GetUtcNow();
}
