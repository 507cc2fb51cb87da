using Edge.Core.Configuration;
using Edge.Dicom.Reading;
using Edge.Engine.Ingest;
using Edge.Server.Commands;
using Edge.Store;

namespace Edge.Server.Serving;

/// <summary>The commands that care for the store: <c>reindex</c>, <c>verify</c>, <c>backup</c>.</summary>
internal static class StoreCommands
{
    public static IEnumerable<Command> All() =>
    [
        new("reindex", "", "rebuild a lost index from the stored files", ReindexAsync)
        {
            Details = "Files that have rows are left alone, so it can be run again. Labels, user metadata, origins and dates of reception cannot be rebuilt. The server must not be running.",
        },
        new("verify", "", "read every stored file and compare its checksums", VerifyAsync)
        {
            Details = "The server may be running. Exits with 1 if anything is wrong; each problem is named on a line.",
        },
        new("backup", "FILE", "copy the index into a new file", BackupAsync)
        {
            Details = "The server may be running; the copy is consistent. The stored files are not part of it: they never change, copy them after the index.",
        },
    ];

    private static async Task<int> ReindexAsync(CommandContext context)
    {
        await using Composition server = Composition.Open(Load(context), new ServerControl(), rebuilds: true);
        ScanPlan plan = new(server.Engine.MainTags.All);
        Reindexer reindexer = new(
            server.Store.Index, server.Store.Files, new RecordBuilder(server.Engine.MainTags, server.Engine.Settings), plan, server.Engine.Settings, server.Options.Storage.StoreMD5ForAttachments);
        ReindexReport report = await reindexer.RunAsync(server.Engine.Ingest.Memory, CancellationToken.None).ConfigureAwait(false);
        context.Output.WriteLine($"{report.Restored} restored, {report.Known} known already, {report.Others} others left alone");
        return ExitCode.Success;
    }

    private static async Task<int> VerifyAsync(CommandContext context)
    {
        await using StoreInspection store = StoreInspection.Open(Composition.StoreOptionsOf(Load(context).Options));
        List<string> problems = await store.CheckIndexAsync().ConfigureAwait(false);
        foreach (string problem in problems)
        {
            context.Output.WriteLine($"index: {problem}");
        }

        long good = 0;
        long bad = problems.Count;
        await foreach ((Guid uuid, string? problem) in store.VerifyFilesAsync().ConfigureAwait(false))
        {
            if (problem is null)
            {
                good++;
            }
            else
            {
                bad++;
                context.Output.WriteLine($"{uuid:D}: {problem}");
            }
        }

        context.Output.WriteLine($"{good} files good, {bad} problems");
        return bad == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static async Task<int> BackupAsync(CommandContext context)
    {
        await using StoreInspection store = StoreInspection.Open(Composition.StoreOptionsOf(Load(context).Options));
        string target = context.Arguments.Operands[0];
        await store.BackupAsync(target).ConfigureAwait(false);
        context.Output.WriteLine($"{target}: {new FileInfo(target).Length} bytes");
        return ExitCode.Success;
    }

    private static LoadedConfiguration Load(CommandContext context) =>
        ConfigurationLoader.Load(ConfigurationSource.ForProcess(context.Arguments.ConfigurationPath)).OrThrow();
}
