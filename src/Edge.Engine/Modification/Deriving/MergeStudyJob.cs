using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Content;
using Edge.Engine.Jobs;
using Edge.Store.Index;

namespace Edge.Engine.Modification.Deriving;

/// <summary><c>MergeStudy</c>: moves instances of other studies into a study.</summary>
/// <param name="target">The public id of the study.</param>
public sealed class MergeStudyJob(DerivationPlan plan, string target) : DerivationJob(plan)
{
    public const string TypeName = "MergeStudy";

    private static readonly HashSet<DicomTag> Modules = [.. ModuleTags.Of(ResourceLevel.Patient), .. ModuleTags.Of(ResourceLevel.Study)];

    public override string Type => TypeName;

    /// <summary>Makes the job again from what <see cref="WriteRequest"/> wrote.</summary>
    public static MergeStudyJob FromRequest(EdgeEngine engine, JsonElement saved) => new(DerivationPlan.Parse(saved), saved.TextOf("target"));

    public override void WriteRequest(Utf8JsonWriter json)
    {
        Plan.Write(json);
        json.WriteString("target"u8, target);
    }

    public override void WriteContent(Utf8JsonWriter json)
    {
        json.WriteString("Description"u8, "REST API");
        json.WriteNumber("FailedInstancesCount"u8, FailedCount);
        json.WriteNumber("InstancesCount"u8, Plan.Instances.Count);
        json.Texts("ParentResources"u8, Plan.Resources);
        json.WriteString("TargetStudy"u8, target);
    }

    protected override async ValueTask<IDataSetEditor> OpenEditorAsync(EdgeEngine engine, CancellationToken cancellation)
    {
        string instance = await engine.Index.ReadAsync(
            target,
            static (reader, id) => reader.Find(id, ResourceLevel.Study) is { } row ? reader.FirstInstance(row.Id)?.PublicId : null,
            cancellation).ConfigureAwait(false) ?? throw new EdgeException(ErrorCode.UnknownResource, "The target study was deleted before it was merged into");
        DicomFile file = await engine.Files.ReadHeaderAsync(await engine.Files.RequireAsync(instance, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        OrthancIdentifiers identifiers = OrthancIdentifiers.From(file.DataSet);
        return new MergeEditor(file.DataSet, identifiers, Modules, new UidMapper(Plan.Key));
    }
}
