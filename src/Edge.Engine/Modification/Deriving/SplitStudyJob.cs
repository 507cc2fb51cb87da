using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom.Tags;
using Edge.Engine.Content;
using Edge.Engine.Jobs;

namespace Edge.Engine.Modification.Deriving;

/// <summary><c>SplitStudy</c>: moves series and instances of a study into a new one.</summary>
/// <param name="body">The request: its <c>Replace</c> and <c>Remove</c>.</param>
/// <param name="sourceUid">The StudyInstanceUID of the study that is split.</param>
/// <param name="target">The public id of the new study.</param>
public sealed class SplitStudyJob(DerivationPlan plan, JsonElement body, string sourceUid, string target) : DerivationJob(plan)
{
    public const string TypeName = "SplitStudy";
    private readonly string _targetUid = new UidMapper(plan.Key).Map(sourceUid);

    public override string Type => TypeName;

    /// <summary>Makes the job again from what <see cref="WriteRequest"/> wrote.</summary>
    public static SplitStudyJob FromRequest(EdgeEngine engine, JsonElement saved) =>
        new(DerivationPlan.Parse(saved), saved.GetProperty("body").Clone(), saved.TextOf("sourceUid"), saved.TextOf("target"));

    /// <summary>The checked form of a request: a modification at study level of attributes of the patient and study modules alone.</summary>
    /// <exception cref="EdgeException">ParameterOutOfRange for another attribute, BadFileFormat for a value that is no text.</exception>
    public static ModificationRequest Parse(JsonElement body)
    {
        IReadOnlyList<Replacement> replacements = ModificationParser.Replacements(body);
        IReadOnlyList<TagPath> removals = ModificationParser.Paths(body, "Remove");
        foreach (Replacement replacement in replacements)
        {
            Check(replacement.Path);
            if (replacement.Value.ValueKind != JsonValueKind.String)
            {
                throw new EdgeException(ErrorCode.BadFileFormat, $"The value of {replacement.Path} must be a string");
            }
        }

        foreach (TagPath removal in removals)
        {
            Check(removal);
        }

        return new ModificationRequest { IsAnonymization = false, Level = ResourceLevel.Study, Source = body, Replacements = replacements, Removals = removals, Force = true };
    }

    public override void WriteRequest(Utf8JsonWriter json)
    {
        Plan.Write(json);
        json.WriteString("sourceUid"u8, sourceUid);
        json.WriteString("target"u8, target);
        json.WritePropertyName("body"u8);
        body.WriteTo(json);
    }

    public override void WriteContent(Utf8JsonWriter json)
    {
        json.WriteString("Description"u8, "REST API");
        json.WriteNumber("FailedInstancesCount"u8, FailedCount);
        json.WriteNumber("InstancesCount"u8, Plan.Instances.Count);
        json.Texts("ParentResources"u8, Plan.Resources);
        json.WriteString("TargetStudy"u8, LastMade?.Study ?? target);
        json.WriteString("TargetStudyUID"u8, _targetUid);
    }

    protected override ValueTask<IDataSetEditor> OpenEditorAsync(EdgeEngine engine, CancellationToken cancellation) =>
        ValueTask.FromResult<IDataSetEditor>(new RequestEditor(Parse(body), engine.Modifications.ContextOf(Plan.Key, "")));

    private static void Check(TagPath path)
    {
        DicomTag tag = path.Last;
        if (!path.IsTop || tag == DicomTags.StudyInstanceUID
            || !(ModuleTags.Of(ResourceLevel.Patient).Contains(tag) || ModuleTags.Of(ResourceLevel.Study).Contains(tag)))
        {
            throw new EdgeException(ErrorCode.ParameterOutOfRange, $"{path} is no attribute of the patient and study modules that a split may change");
        }
    }
}
