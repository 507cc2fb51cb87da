using System.Text.Json;

namespace Edge.Engine.Jobs;

/// <summary>
/// What one job does: a class per Orthanc job type, an object per job. It holds the request and, while it runs, how far it
/// has come. The engine owns everything else (state, priority, times, error, durability).
/// </summary>
/// <remarks>
/// <para>To add a type: derive from this class, implement the four abstract members, add one line to <see cref="JobTypes"/>.
/// <see cref="Transfers.ModalityStoreJob"/> is the worked example; <c>JobSubmission</c> of the REST face submits.</para>
/// <para>Threads: <see cref="RunAsync"/> runs on one task at a time. <see cref="WriteContent"/> is called at any time from others, so
/// what it reads is immutable or replaced as a whole.</para>
/// </remarks>
public abstract class JobWork
{
    /// <summary>Orthanc's name of the type, such as <c>DicomModalityStore</c>.</summary>
    public abstract string Type { get; }

    /// <summary>Whether the job survives a restart (<c>SaveJobs</c>). False where it holds what cannot be written down: it is then lost with the process, as Orthanc's archives are.</summary>
    public virtual bool IsDurable => true;

    /// <summary>Whether a failed job of this type may be started again from its beginning (<c>resubmit</c>); else that is error 6.</summary>
    public virtual bool CanResubmit => IsDurable;

    /// <summary>Keeps the work itself after success, for <see cref="OpenOutputAsync"/>.</summary>
    public virtual bool HasOutputs => false;

    /// <summary>Writes the members of the object from which the restorer in <see cref="JobTypes"/> makes the work again. No passwords: name the peer instead.</summary>
    public abstract void WriteRequest(Utf8JsonWriter json);

    /// <summary>Writes the members of <c>Content</c>, in alphabetical order, as Orthanc shows them now.</summary>
    public abstract void WriteContent(Utf8JsonWriter json);

    /// <summary>
    /// Takes up the cursor that was committed last, in the form this type wrote it. Called before <see cref="RunAsync"/> after a
    /// restart, never with an empty cursor.
    /// </summary>
    public virtual void Restore(ReadOnlySpan<byte> cursor)
    {
    }

    /// <summary>
    /// Does the steps that are left, from where the object stands. It ends normally when all is done. After a pause it is called
    /// again on the same object; the pause arrives as the <see cref="OperationCanceledException"/> of <see cref="JobRun.CheckpointAsync"/>
    /// or <see cref="JobRun.Pass"/>, which must pass through.
    /// </summary>
    /// <exception cref="Core.Errors.EdgeException">The job has failed; its code and detail are shown.</exception>
    public abstract Task RunAsync(JobRun run);

    /// <summary>What a successful job has to offer under a key, such as <c>archive</c>; null for nothing.</summary>
    public virtual ValueTask<JobOutput?> OpenOutputAsync(string key, CancellationToken cancellation) => ValueTask.FromResult<JobOutput?>(null);

    /// <summary>Drops an output. False where there is none.</summary>
    public virtual ValueTask<bool> RemoveOutputAsync(string key) => ValueTask.FromResult(false);

    /// <summary>The job is forgotten, or has ended without outputs: temporary files go now.</summary>
    public virtual ValueTask ReleaseAsync() => ValueTask.CompletedTask;
}

/// <summary>An output of a job.</summary>
/// <param name="Content">Seekable; the caller disposes it.</param>
/// <param name="FileName">Announced to the client; null for none.</param>
public sealed record JobOutput(Stream Content, string ContentType, string? FileName);
