using System.Numerics;
using Edge.Core.Ids;
using Edge.Dicom.Tags;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Engine.Remote;

/// <summary>An instance that somebody answers for.</summary>
/// <param name="FailureReason">(0008,1197), PS3.3 C.14.1.1; 0 where it is safe.</param>
public sealed record CommitmentItem(string SopClassUid, string SopInstanceUid, ushort FailureReason = 0)
{
    /// <summary>No such object instance: what an answer leaves out counts as this.</summary>
    public const ushort NotAvailable = 0x0112;

    /// <summary>What a reason means.</summary>
    public static string Describe(ushort reason) => reason switch
    {
        0x0000 => "Success",
        0x0110 => "A general failure in processing the operation was encountered",
        NotAvailable => "One or more of the elements in the Referenced SOP Instance Sequence was not available",
        0x0213 => "The SCP does not currently have enough resources to store the requested SOP Instance(s)",
        0x0122 => "Storage Commitment has been requested for a SOP Instance with a SOP Class that is not supported by the SCP",
        0x0119 => "The SOP Class of an element in the Referenced SOP Instance Sequence did not correspond to the SOP class registered for this SOP Instance at the SCP",
        0x0131 => "The Transaction UID of the Storage Commitment Request is already in use",
        _ => "Unknown failure reason",
    };
}

/// <summary>What is known of a transaction that we asked for; immutable.</summary>
/// <param name="Items">Asked for; once it is answered, the answer.</param>
public sealed record CommitmentReport(string RemoteAet, bool IsPending, IReadOnlyList<CommitmentItem> Items)
{
    public bool IsSuccess => !IsPending && Items.All(static item => item.FailureReason == 0);
}

/// <summary>The last transactions that we asked for (<c>StorageCommitmentReportsSize</c>).</summary>
public sealed class CommitmentReports(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, CommitmentReport> _reports = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();
    private readonly Dictionary<string, Action<CommitmentReport>> _awaited = new(StringComparer.Ordinal);

    /// <summary>The id of a new transaction (PS3.5 B.2).</summary>
    public static string NewTransaction() => "2.25." + new BigInteger(Guid.NewGuid().ToByteArray(bigEndian: true), isUnsigned: true, isBigEndian: true);

    /// <summary>Notes a transaction that somebody waits for, until it is answered or forgotten; it counts for nothing among the last ones.</summary>
    /// <param name="answered">Told of the answer, on the thread of the association that brings it; must not block.</param>
    public void Begin(string transactionUid, CommitmentReport report, Action<CommitmentReport> answered)
    {
        lock (_gate)
        {
            _reports[transactionUid] = report;
            _awaited[transactionUid] = answered;
        }
    }

    /// <summary>Nobody waits for it any more.</summary>
    public void Forget(string transactionUid)
    {
        lock (_gate)
        {
            if (_awaited.Remove(transactionUid))
            {
                _reports.Remove(transactionUid);
            }
        }
    }

    public void Begin(string transactionUid, CommitmentReport report)
    {
        lock (_gate)
        {
            _reports[transactionUid] = report;
            _order.Enqueue(transactionUid);
            while (_order.Count > Math.Max(1, capacity))
            {
                _reports.Remove(_order.Dequeue());
            }
        }
    }

    /// <summary>Notes the answer. What was asked for and is not answered for counts as not available. False for an unknown transaction, or one of another modality.</summary>
    public bool Complete(string transactionUid, Func<string, bool> isRemote, IReadOnlyList<CommitmentItem> answered)
    {
        lock (_gate)
        {
            if (!_reports.TryGetValue(transactionUid, out CommitmentReport? asked) || !isRemote(asked.RemoteAet))
            {
                return false;
            }

            List<CommitmentItem> items = [.. answered];
            HashSet<string> known = [.. answered.Select(static item => item.SopInstanceUid)];
            items.AddRange(asked.Items.Where(item => !known.Contains(item.SopInstanceUid)).Select(static item => item with { FailureReason = CommitmentItem.NotAvailable }));
            CommitmentReport report = new(asked.RemoteAet, IsPending: false, items);
            if (_awaited.Remove(transactionUid, out Action<CommitmentReport>? waiter))
            {
                _reports.Remove(transactionUid);
                waiter(report);
            }
            else
            {
                _reports[transactionUid] = report;
            }

            return true;
        }
    }

    public CommitmentReport? Find(string transactionUid)
    {
        lock (_gate)
        {
            return _reports.GetValueOrDefault(transactionUid);
        }
    }
}

/// <summary>Looks whether instances are safe here (PS3.4 J.3).</summary>
public sealed class CommitmentLookup(IResourceIndex index, IAttachmentArea files)
{
    /// <summary>The same items, each with its reason of failure or 0. A file counts as safe when its start can be read.</summary>
    public async ValueTask<List<CommitmentItem>> CheckAsync(IReadOnlyList<CommitmentItem> items, CancellationToken cancellation = default)
    {
        List<CommitmentItem> answers = new(items.Count);
        foreach (CommitmentItem item in items)
        {
            (ushort reason, AttachmentRecord? file) = await index.ReadAsync(item, static (reader, wanted) => Find(reader, wanted), cancellation).ConfigureAwait(false);
            answers.Add(item with { FailureReason = reason != 0 || await IsReadableAsync(file!, cancellation).ConfigureAwait(false) ? reason : (ushort)0x0110 });
        }

        return answers;
    }

    private static (ushort Reason, AttachmentRecord? File) Find(IIndexReader reader, CommitmentItem wanted)
    {
        List<LookupHit> hits = reader.Lookup(ResourceLevel.Instance, DicomTags.SOPInstanceUID.Value, wanted.SopInstanceUid);
        if (hits.Count == 0)
        {
            return (0x0112, null);
        }

        ushort reason = 0x0119;
        foreach (LookupHit hit in hits)
        {
            if (reader.Find(hit.PublicId, ResourceLevel.Instance) is not { } row || row.Metadata.Get(MetadataType.SopClassUid) != wanted.SopClassUid)
            {
                continue;
            }

            if (reader.Attachment(row.Id, AttachmentType.Dicom) is { } attachment)
            {
                return (0, attachment.File);
            }

            reason = 0x0110;
        }

        return (reason, null);
    }

    private async ValueTask<bool> IsReadableAsync(AttachmentRecord file, CancellationToken cancellation)
    {
        try
        {
            byte[] start = new byte[Math.Min(132, file.PlainSize)];
            return await files.ReadAsync(file, AttachmentView.Plain, 0, start, cancellation).ConfigureAwait(false) == start.Length;
        }
        catch (Core.Errors.EdgeException)
        {
            return false;
        }
    }
}
