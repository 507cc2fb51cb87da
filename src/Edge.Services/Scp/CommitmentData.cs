using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Remote;

namespace Edge.Services.Scp;

/// <summary>The data sets of storage commitment (PS3.4 tables J.3-1 and J.3-2).</summary>
public static class CommitmentData
{
    /// <summary>A request names no more instances than this.</summary>
    private const int Most = 100_000;

    /// <summary>Action information, or event information.</summary>
    public static DataSet Write(string transactionUid, IReadOnlyList<CommitmentItem> items)
    {
        DataSet data = new();
        data.SetString(DicomTags.TransactionUID, transactionUid, Vr.UI);
        CommitmentItem[] failed = [.. items.Where(static item => item.FailureReason != 0)];
        if (failed.Length > 0)
        {
            data.SetItems(DicomTags.FailedSOPSequence, failed.Select(Item));
        }

        if (failed.Length < items.Count)
        {
            data.SetItems(DicomTags.ReferencedSOPSequence, items.Where(static item => item.FailureReason == 0).Select(Item));
        }

        return data;
    }

    /// <exception cref="EdgeException">BadFileFormat: no transaction, or an item without class and instance.</exception>
    public static (string TransactionUid, List<CommitmentItem> Items) Read(DataSet data)
    {
        string transaction = data.GetString(DicomTags.TransactionUID)?.Trim() ?? "";
        IReadOnlyList<DataSet> safe = data.GetItems(DicomTags.ReferencedSOPSequence);
        IReadOnlyList<DataSet> failed = data.GetItems(DicomTags.FailedSOPSequence);
        if (transaction.Length == 0 || safe.Count + failed.Count > Most)
        {
            throw new EdgeException(ErrorCode.BadFileFormat, $"Storage commitment without a transaction UID, or of more than {Most} instances");
        }

        List<CommitmentItem> items = new(safe.Count + failed.Count);
        items.AddRange(safe.Select(static item => Item(item, 0)));
        items.AddRange(failed.Select(static item => Item(item, (ushort)Math.Clamp(item.GetInteger(DicomTags.FailureReason) ?? 0x0110, 1, 0xFFFF))));
        return (transaction, items);
    }

    private static CommitmentItem Item(DataSet item, ushort reason)
    {
        string sopClass = item.GetString(DicomTags.ReferencedSOPClassUID)?.Trim() ?? "";
        string sopInstance = item.GetString(DicomTags.ReferencedSOPInstanceUID)?.Trim() ?? "";
        return sopClass.Length > 0 && sopInstance.Length > 0
            ? new CommitmentItem(sopClass, sopInstance, reason)
            : throw new EdgeException(ErrorCode.BadFileFormat, "An item of a storage commitment lacks its SOP class or instance");
    }

    private static DataSet Item(CommitmentItem item)
    {
        DataSet data = new();
        data.SetString(DicomTags.ReferencedSOPClassUID, item.SopClassUid, Vr.UI);
        data.SetString(DicomTags.ReferencedSOPInstanceUID, item.SopInstanceUid, Vr.UI);
        if (item.FailureReason != 0)
        {
            data.SetInteger(DicomTags.FailureReason, item.FailureReason, Vr.US);
        }

        return data;
    }
}
