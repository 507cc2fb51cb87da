using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Logging;
using Edge.Dicom;
using Edge.Engine.Content;
using Edge.Engine.Ingest;
using Edge.Engine.Jobs;
using Edge.Store.Index;

namespace Edge.Engine.Modification.Deriving;

/// <summary>
/// A job that makes a new instance of each of a list of stored ones. Each step is committed with the instance it takes in; new identifiers follow
/// from the key of the plan, so a job that was killed goes on with the same ones, and one that is run again makes the same instances.
/// </summary>
public abstract class DerivationJob(DerivationPlan plan) : JobWork
{
    private readonly Dictionary<string, ResourceLevel> _made = new(StringComparer.Ordinal);
    private readonly object _gate = new();
    private volatile DerivationCursor _at = DerivationCursor.Start;

    protected DerivationPlan Plan { get; } = plan;

    /// <summary>Whether the new resources say what they were made of (<c>ModifiedFrom</c>, <c>AnonymizedFrom</c>); null for not.</summary>
    protected virtual bool? NotesAnonymization => null;

    /// <summary>The transfer syntax of the results.</summary>
    protected virtual ResultSyntax SyntaxFor(EdgeEngine engine) => ResultSyntax.AsItIs;

    protected int FailedCount => _at.Failed.Count;

    /// <summary>The last instance made; null before.</summary>
    protected OrthancIdentifiers? LastMade { get; private set; }

    /// <summary>What edits the data sets.</summary>
    protected abstract ValueTask<IDataSetEditor> OpenEditorAsync(EdgeEngine engine, CancellationToken cancellation);

    public override void Restore(ReadOnlySpan<byte> cursor) => _at = DerivationCursor.Parse(cursor);

    /// <summary>What was made so far: instances, series, studies, patients, each sorted by id.</summary>
    protected List<(ResourceLevel Level, string PublicId)> Made()
    {
        lock (_gate)
        {
            return [.. _made.Select(static one => (one.Value, one.Key)).OrderByDescending(static one => one.Value).ThenBy(static one => one.Key, StringComparer.Ordinal)];
        }
    }

    public override async Task RunAsync(JobRun run)
    {
        IDataSetEditor editor = await OpenEditorAsync(run.Engine, run.Cancellation).ConfigureAwait(false);
        await RecallAsync(run, editor).ConfigureAwait(false);
        Task<Derived>? next = null;
        try
        {
            while (_at.Done < Plan.Instances.Count)
            {
                run.Pass();
                Task<Derived> derived = next ?? DeriveAsync(run, editor, _at.Done);
                await ((Task)derived).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

                // The next one is read and made while this one is committed: a commit waits for the disk.
                next = _at.Done + 1 < Plan.Instances.Count ? DeriveAsync(run, editor, _at.Done + 1) : null;
                await StepAsync(run, derived).ConfigureAwait(false);
                run.Report(_at.Done, Plan.Instances.Count);
            }
        }
        finally
        {
            await DropAsync(next).ConfigureAwait(false);
        }

        run.Pass();
        await FinishAsync(run).ConfigureAwait(false);
    }

    private async Task<Derived> DeriveAsync(JobRun run, IDataSetEditor editor, int position)
    {
        string id = Plan.Instances[position];
        StoredInstance instance = await run.Engine.Files.FindAsync(id, run.Cancellation).ConfigureAwait(false)
            ?? throw new EdgeException(ErrorCode.UnknownResource, $"The instance {id} was deleted before it was processed");
        IncomingObject content = run.Engine.Ingest.Receive();
        try
        {
            ResultSyntax syntax = SyntaxFor(run.Engine);
            OrthancIdentifiers source = await run.Engine.Modifications.Rewriting.RewriteAsync(
                instance, editor, syntax, content, work => run.ComputeAsync(work, static act => Run(act)), run.Cancellation).ConfigureAwait(false);
            return new Derived(content, source, editor.TargetOf(source).Instance == id, syntax.How is not null);
        }
        catch
        {
            await content.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>What was made ahead and is not wanted any more. Its failure belongs to a step that is not taken.</summary>
    private static async ValueTask DropAsync(Task<Derived>? ahead)
    {
        if (ahead is not null)
        {
            await ((Task)ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ahead.IsCompletedSuccessfully)
            {
                await ahead.Result.Content.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async ValueTask StepAsync(JobRun run, Task<Derived> derivation)
    {
        string id = Plan.Instances[_at.Done];
        try
        {
            Derived derived = await derivation.ConfigureAwait(false);
            await using IncomingObject content = derived.Content;
            IngestOrigin origin = NotesAnonymization is { } anonymizes ? Plan.Origin with { Derivation = new Derivation(anonymizes, derived.Source) } : Plan.Origin;
            DerivationCursor next = _at.Next(failed: false, same: derived.IsSame);
            IngestResult result = await run.IngestAsync(content, origin, next.ToBytes(), keepsTransferSyntax: derived.KeepsTransferSyntax).ConfigureAwait(false);
            if (result.Status is not (IngestStatus.Success or IngestStatus.AlreadyStored))
            {
                throw result.Status == IngestStatus.StorageFull ? result.ToStorageFull() : new EdgeException(ErrorCode.CannotStoreInstance, $"The instance made of {id} was refused by a filter");
            }

            Note(result.Identifiers);
            _at = next;
            if (result.Status == IngestStatus.AlreadyStored)
            {
                // Nothing was stored with which the step could have been committed.
                await run.CheckpointAsync(next.ToBytes()).ConfigureAwait(false);
            }
        }
        catch (EdgeException e) when (Plan.Permissive)
        {
            Log.Jobs.Warning($"job {run.JobId}: instance {id} is left out: {e.Message}");
            _at = _at.Next(failed: true, same: false);
            await run.CheckpointAsync(_at.ToBytes()).ConfigureAwait(false);
        }
    }

    /// <summary>An instance that was made and is not stored yet.</summary>
    /// <param name="IsSame">It replaces its source.</param>
    private sealed record Derived(IncomingObject Content, OrthancIdentifiers Source, bool IsSame, bool KeepsTransferSyntax);

    private static bool Run(Action work)
    {
        work();
        return true;
    }

    private void Note(OrthancIdentifiers made)
    {
        lock (_gate)
        {
            _made[made.Instance] = ResourceLevel.Instance;
            _made[made.Series] = ResourceLevel.Series;
            _made[made.Study] = ResourceLevel.Study;
            _made[made.Patient] = ResourceLevel.Patient;
        }

        LastMade = made;
    }

    /// <summary>Works out again what was made before a restart.</summary>
    private async ValueTask RecallAsync(JobRun run, IDataSetEditor editor)
    {
        if (_at.Done == 0 || LastMade is not null)
        {
            return;
        }

        if (_at.Made is { } written)
        {
            lock (_gate)
            {
                foreach ((ResourceLevel level, string id) in written)
                {
                    _made[id] = level;
                }
            }
        }

        for (int i = 0; i < _at.Done; i++)
        {
            if (_at.Failed.Contains(i))
            {
                continue;
            }

            OrthancIdentifiers? source = await run.Engine.Index.ReadAsync(
                Plan.Instances[i], static (reader, id) => StoredIdentifiers.Of(reader, id), run.Cancellation).ConfigureAwait(false);
            if (source is not null)
            {
                Note(editor.TargetOf(source));
            }
        }

        // The sources may be gone already; what was made of them is there.
        if (LastMade is null && _at.Made is { } made && made.Any(static one => one.Level == ResourceLevel.Instance))
        {
            string last = made.Last(static one => one.Level == ResourceLevel.Instance).PublicId;
            LastMade = await run.Engine.Index.ReadAsync(last, static (reader, id) => StoredIdentifiers.Of(reader, id), run.Cancellation).ConfigureAwait(false);
        }
    }

    private async ValueTask FinishAsync(JobRun run)
    {
        EdgeEngine engine = run.Engine;
        foreach (TargetLabels target in Plan.Labels)
        {
            foreach (string label in target.Labels)
            {
                await engine.Index.AddLabelAsync(target.PublicId, target.Level, label, run.Cancellation).ConfigureAwait(false);
            }
        }

        if (!Plan.KeepSource && _at.Made is null)
        {
            _at = _at with { Made = Made() };
            await run.CheckpointAsync(_at.ToBytes()).ConfigureAwait(false);
        }

        if (!Plan.KeepSource)
        {
            HashSet<int> spared = [.. _at.Failed, .. _at.Same];
            List<string> sources = new(Plan.Instances.Count);
            for (int i = 0; i < Plan.Instances.Count; i++)
            {
                if (!spared.Contains(i))
                {
                    sources.Add(Plan.Instances[i]);
                }
            }

            await engine.Deletion.DeleteAsync(sources, CancellationToken.None).ConfigureAwait(false);
        }

        await ReconstructAsync(engine, run.Cancellation).ConfigureAwait(false);
    }

    /// <summary>Resources that were there before show the main tags of what was added: one instance of each series decides, as in Orthanc.</summary>
    private async ValueTask ReconstructAsync(EdgeEngine engine, CancellationToken cancellation)
    {
        string[] series;
        lock (_gate)
        {
            series = [.. _made.Where(static one => one.Value == ResourceLevel.Series).Select(static one => one.Key)];
        }

        foreach (string id in series)
        {
            string? instance = await engine.Index.ReadAsync(
                id,
                static (reader, publicId) => reader.Find(publicId, ResourceLevel.Series) is { } row ? reader.Children(row.Id).LastOrDefault()?.PublicId : null,
                cancellation).ConfigureAwait(false);
            if (instance is not null)
            {
                await engine.Reconstruction.RunAsync(ResourceLevel.Instance, instance, default, cancellation).ConfigureAwait(false);
            }
        }
    }
}
