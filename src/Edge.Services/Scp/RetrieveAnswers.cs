using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Dimse.Messages;
using Edge.Engine.Ports;

namespace Edge.Services.Scp;

/// <summary>Counts the sub-operations of one C-MOVE or C-GET and composes its responses (PS3.4 C.4.2.1.4 to C.4.2.1.8, C.4.3.1).</summary>
public sealed class RetrieveAnswers(int total, TransferSyntax syntax)
{
    /// <summary>What is counted for an instance that a script keeps back: a sub-operation with a warning, for nobody has failed and nothing was stored.</summary>
    public const ushort KeptBack = 0xB000;

    /// <summary>Milliseconds between pending responses, which a requestor shows as progress and must read.</summary>
    private const int PendingEvery = 20;

    private readonly List<string> _failed = [];
    private long _lastPending = long.MinValue / 2;
    private int _completed;
    private int _warnings;

    /// <summary>Counts one sub-operation.</summary>
    /// <param name="status">What the storing side answered; null where it answered nothing.</param>
    public void Count(OutgoingInstance instance, bool isStored, ushort? status)
    {
        if (!isStored)
        {
            _failed.Add(instance.SopInstanceUid);
        }
        else if (status is null or 0)
        {
            _completed++;
        }
        else
        {
            _warnings++;
        }
    }

    /// <summary>Whether it is time for another pending response: after the first sub-operation, then some times a second (PS3.4 C.4.2.3 leaves it open).</summary>
    public bool IsPendingDue()
    {
        long now = Environment.TickCount64;
        if (now - _lastPending < PendingEvery)
        {
            return false;
        }

        _lastPending = now;
        return true;
    }

    /// <summary>The response after a sub-operation.</summary>
    public DimseResponse Pending() => new(DimseStatus.Pending) { SubOperations = Counts(withRemaining: true) };

    /// <summary>The last response: success; B000H after some failures; <paramref name="allFailed"/> where nothing went through.</summary>
    public DimseResponse Final(bool isCancelled, ushort allFailed)
    {
        ushort status = isCancelled ? DimseStatus.Cancel.Code : _failed.Count == 0 ? (ushort)0 : _completed + _warnings == 0 ? allFailed : (ushort)0xB000;
        return new DimseResponse(status) { SubOperations = Counts(withRemaining: isCancelled), DataSet = FailedList() };
    }

    /// <summary>The answer where the sub-operations are performed later.</summary>
    public static DimseResponse AllPutOff(int total) => new(DimseStatus.Success) { SubOperations = new SubOperations(null, Clamp(total), 0, 0) };

    private SubOperations Counts(bool withRemaining) => new(
        withRemaining ? Clamp(total - _completed - _warnings - _failed.Count) : null,
        Clamp(_completed),
        Clamp(_failed.Count),
        Clamp(_warnings));

    private byte[] FailedList()
    {
        if (_failed.Count == 0)
        {
            return [];
        }

        DataSet list = new();
        list.SetStrings(DicomTags.FailedSOPInstanceUIDList, _failed, Vr.UI);
        return DicomWriter.ToArray(list, syntax);
    }

    private static ushort Clamp(int count) => (ushort)Math.Clamp(count, 0, ushort.MaxValue);
}
