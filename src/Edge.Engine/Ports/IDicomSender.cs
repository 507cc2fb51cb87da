using Edge.Core.Errors;
using Edge.Core.Options;

namespace Edge.Engine.Ports;

/// <summary>Port: stores instances at a DICOM modality by C-STORE.</summary>
public interface IDicomSender
{
    /// <summary>
    /// Sends instances in their order, over as few associations as their SOP classes and transfer syntaxes allow, and yields one
    /// result for each, in the same order, as soon as it is known. What fails is a result, not an exception: after a failure of the
    /// connection all that were not sent yet are <see cref="SendStatus.TransientFailure"/>. Cancelling, or leaving the enumeration
    /// early, ends the association; what was answered before stays sent.
    /// </summary>
    IAsyncEnumerable<SendResult> SendAsync(ModalityOptions destination, IReadOnlyList<OutgoingInstance> instances, SendOptions? options = null, CancellationToken cancellation = default);
}

/// <summary>One instance to be sent: what negotiation must know, and its bytes.</summary>
public abstract class OutgoingInstance
{
    /// <summary>Of a stored instance, its public id; else empty.</summary>
    public string PublicId { get; init; } = "";

    public required string SopClassUid { get; init; }

    public required string SopInstanceUid { get; init; }

    /// <summary>How the data set is encoded.</summary>
    public required string TransferSyntaxUid { get; init; }

    /// <summary>Opens the data set: its bytes without preamble and meta information, from the stream's position to its end. Read asynchronously; the caller disposes.</summary>
    /// <exception cref="EdgeException">The file is missing or damaged; the instance then fails permanently.</exception>
    public abstract ValueTask<Stream> OpenDataSetAsync(CancellationToken cancellation);

    /// <summary>Bytes of memory that <see cref="LoadAsync"/> needs; null where the data set can only be read as a stream.</summary>
    public virtual long? LoadLength => null;

    /// <summary>Reads the file in one go, which costs less than a stream does.</summary>
    /// <param name="memory">At least <see cref="LoadLength"/> bytes.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>The data set, which is a part of <paramref name="memory"/>. What awaits it may go on on a thread that reads files.</returns>
    /// <exception cref="EdgeException">As <see cref="OpenDataSetAsync"/>.</exception>
    public virtual ValueTask<ReadOnlyMemory<byte>> LoadAsync(Memory<byte> memory, CancellationToken cancellation) =>
        throw new InvalidOperationException("only where LoadLength is known");

    /// <summary>The data set as a whole, in memory.</summary>
    /// <param name="most">Bytes.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="EdgeException">NotEnoughMemory where it is longer; as <see cref="OpenDataSetAsync"/>.</exception>
    public async ValueTask<byte[]> ReadDataSetAsync(long most, CancellationToken cancellation)
    {
        Stream stream = await OpenDataSetAsync(cancellation).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            long length = stream.Length - stream.Position;
            if (length > most)
            {
                throw new EdgeException(ErrorCode.NotEnoughMemory, $"{length} bytes of an instance to be sent are too many to be read into memory");
            }

            byte[] bytes = GC.AllocateUninitializedArray<byte>((int)length);
            await stream.ReadExactlyAsync(bytes, cancellation).ConfigureAwait(false);
            return bytes;
        }
    }
}

/// <summary>One stored instance that can also be sent as the file it is.</summary>
public abstract class OutgoingFile : OutgoingInstance
{
    /// <summary>Opens the DICOM file, from its preamble to its end. Read asynchronously; the caller disposes.</summary>
    /// <exception cref="EdgeException">As <see cref="OutgoingInstance.OpenDataSetAsync"/>.</exception>
    public abstract ValueTask<Stream> OpenFileAsync(CancellationToken cancellation);
}

/// <summary>How to send.</summary>
public sealed record SendOptions
{
    public static readonly SendOptions Default = new();

    /// <summary>Our title, unless the modality's own <see cref="ModalityOptions.LocalAet"/> is set; null for <c>DicomAet</c>.</summary>
    public string? LocalAet { get; init; }

    /// <summary>In seconds; 0 for the modality's, else <c>DicomScuTimeout</c>.</summary>
    public int Timeout { get; init; }

    /// <summary>More is expected to be sent soon: the association stays open for <c>DicomAssociationCloseDelay</c>, and one that is open is used.</summary>
    public bool KeepsAssociation { get; init; }

    /// <summary>Sub-operations of a C-MOVE: the title that asked for it.</summary>
    public string? MoveOriginatorAet { get; init; }

    /// <summary>Sub-operations of a C-MOVE: its message id.</summary>
    public ushort? MoveOriginatorId { get; init; }
}

/// <summary>How the sending of one instance ended.</summary>
public enum SendStatus
{
    /// <summary>The peer has it: status 0000H, a warning (0111H, Bxxx), or 0001H, 0107H, 0116H.</summary>
    Sent,

    /// <summary>It may go through later without anybody changing anything: no connection, aborted, timed out, peer out of resources.</summary>
    TransientFailure,

    /// <summary>It will fail again: the peer refused the association, the SOP class, the transfer syntax or the data set; or the file cannot be read.</summary>
    PermanentFailure,

    /// <summary>A filter of the operator's kept it back: nothing was sent, and nothing has failed.</summary>
    Filtered,
}

/// <summary>The result for one instance.</summary>
/// <param name="Instance">The one sent.</param>
/// <param name="Status">How it ended.</param>
/// <param name="DimseStatus">What the peer answered; null where it answered nothing.</param>
/// <param name="Failure">Why it was not sent, fit for logs (no patient data); null where it was.</param>
/// <param name="Comment">What the peer said of it in its own words (0000,0902), made printable: for the operator and never for logs, since it may name the patient.</param>
public sealed record SendResult(OutgoingInstance Instance, SendStatus Status, ushort? DimseStatus, Core.Errors.EdgeException? Failure = null, string Comment = "")
{
    public bool IsSent => Status == SendStatus.Sent;

    /// <summary>Whether something went wrong; what a filter kept back did not.</summary>
    public bool IsFailure => Status is SendStatus.TransientFailure or SendStatus.PermanentFailure;
}
