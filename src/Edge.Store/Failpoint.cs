using System.Runtime.InteropServices;

namespace Edge.Store;

/// <summary>
/// Places where the crash suite ends the process: <c>EDGE_FAILPOINT=name</c> exits at once when <c>name</c> is reached,
/// <c>EDGE_FAILPOINT=name:n</c> at the n-th time. Without the variable a hit costs one comparison.
/// </summary>
public static partial class Failpoint
{
    /// <summary>The exit status of a process that ended at a failpoint.</summary>
    public const int ExitStatus = 86;

    private static readonly string? Armed;
    private static int _left;

    static Failpoint()
    {
        string? setting = Environment.GetEnvironmentVariable("EDGE_FAILPOINT");
        if (!string.IsNullOrEmpty(setting))
        {
            int colon = setting.LastIndexOf(':');
            _left = colon > 0 && int.TryParse(setting.AsSpan(colon + 1), out int n) && n > 0 ? n : 1;
            Armed = colon > 0 ? setting[..colon] : setting;
        }
    }

    /// <summary>Every name, for the suite that walks them.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "file.created", "file.written", "file.synced", "file.folder-synced", "spool.adopted",
        "index.before-commit", "index.after-commit", "index.recycled", "index.deleted", "index.overwritten", "index.bulk-slice",
        "deletion.before-unlink", "deletion.after-unlink", "deletion.before-forget", "migration.copied", "migration.applied", "recovery.moved",
        "job.before-checkpoint", "job.after-checkpoint", "job.before-ingest", "job.after-ingest", "job.before-end",
        "script.before-call", "script.after-call",
    ];

    public static void Hit(string name)
    {
        if (Armed is not null && Armed == name && Interlocked.Decrement(ref _left) == 0)
        {
            Exit(ExitStatus);
        }
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int status);
}
