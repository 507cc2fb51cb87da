using Edge.Core.Options;
using Edge.Dicom.Tags;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scu;
using Edge.Engine.Ports;

namespace Edge.Services.Scu;

/// <summary>
/// The associations of a C-GET. What arrives needs a presentation context for its SOP class, and an association holds 128: where more classes may
/// come there are several associations, opened when they are needed.
/// </summary>
internal sealed class GetAssociations(
    RemoteAssociations associations,
    ModalityOptions modality,
    ModalityCall call,
    IReadOnlyList<string> sopClasses,
    IEnumerable<string> transferSyntaxes,
    GetReceiver receiver,
    TimeSpan responseTimeout) : IAsyncDisposable
{
    /// <summary>The most transfer syntaxes in one context of a C-GET: DCMTK's providers, Orthanc among them, cannot read more, and do not answer then.</summary>
    private const int MostSyntaxes = 50;

    /// <summary>One context is C-GET's own.</summary>
    private const int ClassesEach = PduLimits.Contexts - 1;

    private static readonly string[] Plain = [DicomUids.ExplicitVrLittleEndian, DicomUids.ImplicitVrLittleEndian];

    private readonly string[][] _classes = [.. sopClasses.Chunk(ClassesEach)];
    private readonly string[] _syntaxes = [.. transferSyntaxes.OrderBy(static uid => TransferSyntax.FindOrUnknown(uid).IsRetired).Take(MostSyntaxes)];
    private readonly ClientAssociation?[] _open = new ClientAssociation?[(sopClasses.Count + ClassesEach - 1) / ClassesEach];

    /// <summary>How many there may be.</summary>
    public int Count => _classes.Length;

    /// <exception cref="Dimse.DimseException">No association.</exception>
    public async ValueTask<ClientAssociation> AtAsync(int index, CancellationToken cancellation)
    {
        if (_open[index] is { } open)
        {
            return open;
        }

        List<(string, IReadOnlyList<string>)> contexts = [(UidRegistry.StudyRootGet, Plain)];
        contexts.AddRange(_classes[index].Select(uid => (uid, (IReadOnlyList<string>)_syntaxes)));
        return _open[index] = await associations.ConnectAsync(
            modality,
            call.LocalAet,
            associations.Timeout(modality, call.Timeout),
            contexts,
            cancellation,
            responseTimeout,
            [.. _classes[index].Select(static uid => new RoleSelection(uid, Scu: false, Scp: true))],
            receiver).ConfigureAwait(false);
    }

    public async ValueTask ReleaseAsync()
    {
        foreach (ClientAssociation? association in _open)
        {
            if (association is not null)
            {
                await association.ReleaseAsync().ConfigureAwait(false);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ClientAssociation? association in _open)
        {
            if (association is not null)
            {
                await association.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}

/// <summary>What the C-GETs for one identifier come to, each on an association with other classes (PS3.4 C.4.3.1.4).</summary>
internal sealed class GetOutcome
{
    private const ushort SubOperationsFailed = 0xB000;
    private const ushort UnableToPerformSubOperations = 0xA702;
    private int _arrived;
    private int _matches;

    /// <summary>The status of all together: success as soon as everything has arrived.</summary>
    public ushort Status { get; private set; } = 0;

    /// <summary>Nothing more would come from another association: all is here, or the peer cannot do it at all.</summary>
    public bool IsComplete { get; private set; }

    public void Add(DimseResponse final)
    {
        if (final.SubOperations is not { } counts || final.Status.Code is not (0 or SubOperationsFailed or UnableToPerformSubOperations))
        {
            (Status, IsComplete) = (final.Status.Code, true);
            return;
        }

        _arrived += counts.Completed + counts.Warning;
        _matches = Math.Max(_matches, counts.Completed + counts.Warning + counts.Failed);
        IsComplete = _arrived >= _matches;
        Status = IsComplete ? (ushort)0 : _arrived > 0 ? SubOperationsFailed : final.Status.Code;
    }
}

/// <summary>Which storage classes a C-GET proposes.</summary>
internal static class StorageClasses
{
    /// <param name="asked">By the request; empty for all of the standard that are not retired.</param>
    public static IReadOnlyList<string> ToPropose(IReadOnlyList<string> asked) =>
        [.. (asked.Count > 0 ? asked : UidRegistry.StorageClasses.Where(static known => !known.IsRetired).Select(static known => known.Uid)).Distinct()];
}
