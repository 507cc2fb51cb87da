using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Engine.Remote;

namespace Edge.Engine.Ports;

/// <summary>Port: what is asked of a DICOM modality beside storing. Failures of the network are <see cref="EdgeException"/>s of code NetworkProtocol.</summary>
public interface IModalityClient
{
    /// <summary>C-ECHO.</summary>
    /// <param name="checksFind">C-FIND must be accepted too (<c>CheckFind</c>).</param>
    ValueTask EchoAsync(ModalityOptions modality, ModalityCall call, bool checksFind, CancellationToken cancellation = default);

    /// <summary>C-FIND in the patient root at patient level, else in the study root. The answers, each in its own character set.</summary>
    /// <exception cref="EdgeException">NetworkProtocol, HTTP 422, where the modality answers with a failure; DicomFindUnavailable where it has no C-FIND.</exception>
    ValueTask<List<DataSet>> FindAsync(ModalityOptions modality, ModalityCall call, ResourceLevel level, DataSet query, CancellationToken cancellation = default);

    /// <summary>C-FIND in the modality worklist.</summary>
    ValueTask<List<DataSet>> FindWorklistAsync(ModalityOptions modality, ModalityCall call, DataSet query, CancellationToken cancellation = default);

    /// <summary>C-MOVE in the study root, one after the other on one association.</summary>
    /// <returns>The final DIMSE status of each, in the order of <paramref name="identifiers"/>, as soon as it is known. Leaving the enumeration early ends the association.</returns>
    IAsyncEnumerable<RetrieveOutcome> MoveAsync(ModalityOptions modality, ModalityCall call, string targetAet, IReadOnlyList<DataSet> identifiers, CancellationToken cancellation = default);

    /// <summary>C-GET in the study root; what arrives is stored here.</summary>
    /// <param name="sopClasses">The storage classes proposed; empty for the usual ones.</param>
    IAsyncEnumerable<RetrieveOutcome> GetAsync(ModalityOptions modality, ModalityCall call, IReadOnlyList<DataSet> identifiers, IReadOnlyList<string> sopClasses, CancellationToken cancellation = default);

    /// <summary>N-ACTION of storage commitment: asks a modality to answer for instances. The answer comes on an association of its own.</summary>
    ValueTask RequestCommitmentAsync(ModalityOptions modality, ModalityCall call, string transactionUid, IReadOnlyList<CommitmentItem> items, CancellationToken cancellation = default);

    /// <summary>N-EVENT-REPORT of storage commitment: our answer to a modality.</summary>
    ValueTask ReportCommitmentAsync(ModalityOptions modality, ModalityCall call, string transactionUid, IReadOnlyList<CommitmentItem> items, CancellationToken cancellation = default);
}

/// <summary>How a modality is called.</summary>
/// <param name="LocalAet">Our title, unless the modality's own is set; null for <c>DicomAet</c>.</param>
/// <param name="Timeout">In seconds; null for the modality's, else <c>DicomScuTimeout</c>; 0 waits for ever.</param>
public sealed record ModalityCall(string? LocalAet = null, int? Timeout = null);

/// <summary>How the retrieval of one identifier ended.</summary>
/// <param name="Status">The final DIMSE status.</param>
/// <param name="Received">C-GET: the public ids of what arrived.</param>
public sealed record RetrieveOutcome(ushort Status, IReadOnlyList<string> Received)
{
    /// <summary>Success, or success of a part.</summary>
    public bool IsDone => Status is 0x0000 or 0xB000;
}
