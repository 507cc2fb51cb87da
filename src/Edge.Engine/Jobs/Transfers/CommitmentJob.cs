using System.Text.Json;
using Edge.Core.Configuration.Readers;
using Edge.Core.Options;
using Edge.Engine.Ports;
using Edge.Engine.Remote;

namespace Edge.Engine.Jobs.Transfers;

/// <summary>
/// <c>StorageCommitmentScp</c>: looks whether the instances of a transaction are safe here, and reports that to the modality which asked (PS3.4 annex J).
/// Looking changes nothing, so after a restart it begins anew; the report is its one step.
/// </summary>
/// <param name="calledAet">The title by which we were called; we report under it.</param>
public sealed class CommitmentJob(ModalityOptions modality, string calledAet, string transactionUid, IReadOnlyList<CommitmentItem> items) : JobWork
{
    public const string TypeName = "StorageCommitmentScp";

    /// <summary>Instances that are looked up between two chances to pause.</summary>
    private const int Slice = 100;

    public override string Type => TypeName;

    /// <summary>Makes the job again from what <see cref="WriteRequest"/> wrote.</summary>
    public static CommitmentJob FromRequest(EdgeEngine engine, JsonElement saved)
    {
        string[] classes = saved.TextsOf("classes");
        string[] instances = saved.TextsOf("instances");
        return new CommitmentJob(
            ModalityReader.Parse("job", saved.RawOf("modality")),
            saved.TextOf("calledAet"),
            saved.TextOf("transaction"),
            [.. classes.Zip(instances, static (sopClass, instance) => new CommitmentItem(sopClass, instance))]);
    }

    public override void WriteRequest(Utf8JsonWriter json)
    {
        json.WritePropertyName("modality"u8);
        ModalityReader.Write(json, modality);
        json.WriteString("calledAet"u8, calledAet);
        json.WriteString("transaction"u8, transactionUid);
        json.Texts("classes"u8, [.. items.Select(static item => item.SopClassUid)]);
        json.Texts("instances"u8, [.. items.Select(static item => item.SopInstanceUid)]);
    }

    public override void WriteContent(Utf8JsonWriter json)
    {
        json.WriteString("CalledAet"u8, calledAet);
        json.WriteString("Description"u8, "Storage Commitment SCP"u8);
        json.WriteString("RemoteAet"u8, modality.Aet);
        json.WriteString("TransactionUid"u8, transactionUid);
    }

    public override async Task RunAsync(JobRun run)
    {
        CommitmentLookup lookup = new(run.Engine.Index, run.Engine.Attachments);
        List<CommitmentItem> answers = new(items.Count);
        while (answers.Count < items.Count)
        {
            run.Pass();
            answers.AddRange(await lookup.CheckAsync([.. items.Skip(answers.Count).Take(Slice)], run.Cancellation).ConfigureAwait(false));
            run.Report(answers.Count, items.Count + 1);
        }

        await run.Engine.ModalityClient.ReportCommitmentAsync(modality, new ModalityCall(calledAet), transactionUid, answers, run.Cancellation).ConfigureAwait(false);
    }
}
