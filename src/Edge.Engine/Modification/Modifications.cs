using System.Globalization;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Content;
using Edge.Engine.Ingest;
using Edge.Engine.Modification.Deriving;
using Edge.Engine.Runtime;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Engine.Modification;

/// <summary>Modifies, anonymizes, splits and merges: checks requests against what is stored, and makes the jobs, or the one file of an instance.</summary>
public sealed class Modifications(IResourceIndex index, IAttachmentArea files, RuntimeSettings settings, EdgeOptions options, MainTags mainTags)
{
    private const string NameCounter = "AnonymizationSequence";

    /// <summary>Makes the files of new instances.</summary>
    public InstanceRewriting Rewriting { get; } = new(files, settings);

    /// <summary>What a job with this key adds to its request.</summary>
    public ModificationContext ContextOf(byte[] key, string anonymousName) =>
        new(new UidMapper(key), options.Dictionaries.DefaultPrivateCreator, $"Orthanc {Implementation.OrthancVersion}", anonymousName);

    /// <summary>The next PatientName of an anonymization: <c>Anonymized1</c> and so on, for ever.</summary>
    public async ValueTask<string> NextNameAsync(ModificationRequest request, CancellationToken cancellation = default) =>
        !request.IsAnonymization || request.IsReplaced(DicomTags.PatientName) || request.IsKept(DicomTags.PatientName)
            ? ""
            : "Anonymized" + (await index.IncrementPropertyAsync(NameCounter, 1, cancellation).ConfigureAwait(false)).ToString(CultureInfo.InvariantCulture);

    /// <summary>Writes the modified or anonymized file of one instance into <paramref name="target"/>; nothing is stored.</summary>
    public async ValueTask RewriteAsync(StoredInstance instance, ModificationRequest request, IncomingObject target, EdgeEngine engine, CancellationToken cancellation)
    {
        string name = await NextNameAsync(request, cancellation).ConfigureAwait(false);
        RequestEditor editor = new(request, ContextOf(UidMapper.NewKey(), name));
        await Rewriting.RewriteAsync(
            instance,
            editor,
            ResultSyntax.Of(request, options.Transcoding.DicomLossyTranscodingQuality, isJob: false),
            target,
            work => engine.Jobs.ComputeAsync(work, cancellation),
            cancellation).ConfigureAwait(false);
    }

    /// <summary>The job of a request to modify or anonymize.</summary>
    /// <param name="resources">Public ids of any level.</param>
    /// <param name="routeLevel">The level of the route; null for bulk.</param>
    /// <exception cref="EdgeException">UnknownResource; BadRequest where the request contradicts what is stored.</exception>
    public async ValueTask<ResourceModificationJob> ModifyAsync(
        IReadOnlyList<string> resources, ResourceLevel? routeLevel, ModificationRequest request, IngestOrigin origin, bool permissive, CancellationToken cancellation)
    {
        CheckInPlace(request);
        List<string> instances = await InstancesAsync(resources, cancellation).ConfigureAwait(false);
        if (!request.IsAnonymization && request.Level <= ResourceLevel.Study)
        {
            await CheckPatientsAsync(request, instances, cancellation).ConfigureAwait(false);
        }

        string name = await NextNameAsync(request, cancellation).ConfigureAwait(false);
        byte[] key = UidMapper.NewKey();
        DerivationPlan plan = PlanOf(resources, instances, request.KeepSource, permissive, origin, key);
        if (request.KeepLabels)
        {
            plan = plan with { Labels = await LabelsAsync(instances, new RequestEditor(request, ContextOf(key, name)), cancellation).ConfigureAwait(false) };
        }

        return new ResourceModificationJob(plan, request, routeLevel, name);
    }

    /// <summary>The job of <c>/studies/{id}/split</c>.</summary>
    /// <exception cref="EdgeException">UnknownResource for a study, series or instance that is not there or not in the study.</exception>
    public async ValueTask<SplitStudyJob> SplitAsync(
        string study, JsonElement body, IReadOnlyList<string> series, IReadOnlyList<string> instances, IngestOrigin origin, bool permissive, CancellationToken cancellation)
    {
        body = body.Clone();
        ModificationRequest request = SplitStudyJob.Parse(body);
        if (series.Count == 0 && instances.Count == 0)
        {
            throw new EdgeException(ErrorCode.BadRequest, "Neither \"Series\" nor \"Instances\" says what is to be split off");
        }

        (List<string> sources, OrthancIdentifiers? first) = await index.ReadAsync(
            (study, series, instances),
            static (reader, q) =>
            {
                ResourceRow parent = reader.Find(q.study, ResourceLevel.Study) ?? throw new EdgeException(ErrorCode.UnknownResource);
                List<string> found = [];
                Collect(reader, parent, q.series, ResourceLevel.Series, found);
                Collect(reader, parent, q.instances, ResourceLevel.Instance, found);
                return (found, found.Count > 0 ? StoredIdentifiers.Of(reader, found[0]) : null);
            },
            cancellation).ConfigureAwait(false);
        byte[] key = UidMapper.NewKey();
        bool keeps = ModificationParser.Boolean(body, "KeepSource", absent: false);
        DerivationPlan plan = PlanOf([study], sources, keeps, permissive, origin, key);
        RequestEditor editor = new(request, ContextOf(key, ""));
        if (ModificationParser.Boolean(body, "KeepLabels", absent: false))
        {
            plan = plan with { Labels = await LabelsAsync(sources, editor, cancellation).ConfigureAwait(false) };
        }

        OrthancIdentifiers source = first ?? throw new EdgeException(ErrorCode.UnknownResource);
        return new SplitStudyJob(plan, body, source.StudyInstanceUid, editor.TargetOf(source).Study);
    }

    /// <summary>The job of <c>/studies/{id}/merge</c>.</summary>
    /// <exception cref="EdgeException">UnknownResource, also for patients and for what is in the study already.</exception>
    public async ValueTask<MergeStudyJob> MergeAsync(string study, JsonElement body, IReadOnlyList<string> resources, IngestOrigin origin, bool permissive, CancellationToken cancellation)
    {
        List<string> sources = await index.ReadAsync(
            (study, resources),
            static (reader, q) =>
            {
                ResourceRow target = reader.Find(q.study, ResourceLevel.Study) ?? throw new EdgeException(ErrorCode.UnknownResource);
                List<string> found = [];
                HashSet<long> seen = [];
                foreach (string id in q.resources)
                {
                    if (reader.Find(id) is not { Level: > ResourceLevel.Patient } row || reader.Ancestor(row.Id, ResourceLevel.Study)?.Id == target.Id)
                    {
                        throw new EdgeException(ErrorCode.UnknownResource, $"Not a study, series or instance outside of the target study: {id}");
                    }

                    foreach (ResourceRow instance in reader.Descendants(row.Id, ResourceLevel.Instance))
                    {
                        if (seen.Add(instance.Id))
                        {
                            found.Add(instance.PublicId);
                        }
                    }
                }

                return found;
            },
            cancellation).ConfigureAwait(false);
        bool keeps = ModificationParser.Boolean(body, "KeepSource", absent: false);
        return new MergeStudyJob(PlanOf(resources, sources, keeps, permissive, origin, UidMapper.NewKey()), study);
    }

    private static DerivationPlan PlanOf(IReadOnlyList<string> resources, List<string> instances, bool keepSource, bool permissive, IngestOrigin origin, byte[] key) => new()
    {
        Resources = resources,
        Instances = instances,
        KeepSource = keepSource,
        Permissive = permissive,
        Origin = origin,
        Key = key,
    };

    private ValueTask<List<string>> InstancesAsync(IReadOnlyList<string> resources, CancellationToken cancellation) => index.ReadAsync(
        resources,
        static (reader, ids) =>
        {
            List<string> instances = [];
            HashSet<long> seen = [];
            foreach (string id in ids)
            {
                ResourceRow row = reader.Find(id) ?? throw new EdgeException(ErrorCode.UnknownResource, $"Unknown resource: {id}");
                foreach (ResourceRow instance in reader.Descendants(row.Id, ResourceLevel.Instance))
                {
                    if (seen.Add(instance.Id))
                    {
                        instances.Add(instance.PublicId);
                    }
                }
            }

            return instances;
        },
        cancellation);

    private static void Collect(IIndexReader reader, ResourceRow study, IReadOnlyList<string> ids, ResourceLevel level, List<string> found)
    {
        foreach (string id in ids)
        {
            if (reader.Find(id, level) is not { } row || reader.Ancestor(row.Id, ResourceLevel.Study)?.Id != study.Id)
            {
                throw new EdgeException(ErrorCode.UnknownResource, $"Not a {(level == ResourceLevel.Series ? "series" : "instance")} of the study: {id}");
            }

            foreach (ResourceRow instance in reader.Descendants(row.Id, ResourceLevel.Instance))
            {
                if (!found.Contains(instance.PublicId))
                {
                    found.Add(instance.PublicId);
                }
            }
        }
    }

    /// <summary>The labels that go over to what is made. Read before anything is made: a result may replace its source, labels included.</summary>
    private ValueTask<List<TargetLabels>> LabelsAsync(List<string> instances, IDataSetEditor editor, CancellationToken cancellation) => index.ReadAsync(
        (instances, editor),
        static (reader, q) =>
        {
            Dictionary<long, TargetLabels> labels = [];
            foreach (string id in q.instances)
            {
                if (StoredIdentifiers.Of(reader, id) is not { } source || reader.Find(id, ResourceLevel.Instance) is not { } instance)
                {
                    continue;
                }

                OrthancIdentifiers target = q.editor.TargetOf(source);
                Add(instance, target.Instance);
                Add(reader.Ancestor(instance.Id, ResourceLevel.Series)!, target.Series);
                Add(reader.Ancestor(instance.Id, ResourceLevel.Study)!, target.Study);
                Add(reader.Ancestor(instance.Id, ResourceLevel.Patient)!, target.Patient);
            }

            return (List<TargetLabels>)[.. labels.Values.Where(static one => one.Labels.Count > 0)];

            void Add(ResourceRow row, string target)
            {
                if (!labels.ContainsKey(row.Id))
                {
                    labels.Add(row.Id, new TargetLabels(row.Level, target, reader.Labels(row.Id)));
                }
            }
        },
        cancellation);

    /// <summary>Instances that keep all their UIDs replace themselves: that must be allowed, and their sources cannot be deleted then.</summary>
    private void CheckInPlace(ModificationRequest request)
    {
        bool isInPlace = !request.IsAnonymization && request.Level <= ResourceLevel.Study && !request.IsReplaced(DicomTags.PatientID)
            && request.IsKept(DicomTags.StudyInstanceUID) && request.IsKept(DicomTags.SeriesInstanceUID) && request.IsKept(DicomTags.SOPInstanceUID);
        if (!isInPlace)
        {
            return;
        }

        if (request.DropsSource)
        {
            throw new EdgeException(ErrorCode.BadRequest, "When keeping StudyInstanceUID, SeriesInstanceUID and SOPInstanceUID, \"KeepSource\" must be true: the modified instances replace the original ones");
        }

        if (!options.Storage.OverwriteInstances)
        {
            throw new EdgeException(ErrorCode.BadRequest, "When keeping StudyInstanceUID, SeriesInstanceUID and SOPInstanceUID, the option \"OverwriteInstances\" must be true");
        }
    }

    /// <summary>
    /// A study must not give its patient other attributes while she has other studies: they would contradict each other. Since Orthanc 1.11.3.
    /// </summary>
    private async ValueTask CheckPatientsAsync(ModificationRequest request, List<string> instances, CancellationToken cancellation)
    {
        List<DicomTag> replaced = [.. mainTags.Of(ResourceLevel.Patient).Where(request.IsReplaced)];
        if (request.Level != ResourceLevel.Study || replaced.Count == 0)
        {
            return;
        }

        bool conflicts = await index.ReadAsync(
            (request, instances, tags: mainTags.Of(ResourceLevel.Patient)),
            static (reader, q) =>
            {
                HashSet<long> modified = [];
                HashSet<long> patients = [];
                foreach (string id in q.instances)
                {
                    if (reader.Find(id, ResourceLevel.Instance) is { } instance
                        && reader.Ancestor(instance.Id, ResourceLevel.Study) is { } study)
                    {
                        modified.Add(study.Id);
                        patients.Add(study.ParentId);
                    }
                }

                if (q.request.ReplacementOf(DicomTags.PatientID) is { } other)
                {
                    patients.Clear();
                    if (reader.Find(ResourceId.ForPatient(other.GetString()!.TrimEnd(' ')), ResourceLevel.Patient) is { } target)
                    {
                        patients.Add(target.Id);
                    }
                }

                foreach (long patient in patients)
                {
                    bool hasOthers = reader.Children(patient).Exists(study => !modified.Contains(study.Id));
                    if (hasOthers && !IsSame(q.request, reader.FindById(patient)!, q.tags))
                    {
                        return true;
                    }
                }

                return false;
            },
            cancellation).ConfigureAwait(false);
        if (conflicts)
        {
            throw new EdgeException(
                ErrorCode.BadRequest,
                "Trying to change patient tags in a study, while the patient has other studies: replace all main DICOM tags of the patient with the values she has, or modify the patient");
        }
    }

    private static bool IsSame(ModificationRequest request, ResourceRow patient, IReadOnlyList<DicomTag> tags)
    {
        foreach (DicomTag tag in tags)
        {
            string? present = patient.Tags.Get(tag.Value);
            bool isSame = request.ReplacementOf(tag) is { } replacement
                // A tag that she does not have would be new to her, unless it is empty.
                ? replacement.ValueKind == JsonValueKind.String && replacement.GetString() == (present ?? "")
                : present is null || tag == DicomTags.PatientID;
            if (!isSame)
            {
                return false;
            }
        }

        return true;
    }
}
