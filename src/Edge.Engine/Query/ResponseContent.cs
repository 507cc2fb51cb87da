using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Store.Index;

namespace Edge.Engine.Query;

/// <summary>What the description of a resource holds (<c>response-content</c>, since Orthanc 1.12.5). <c>ID</c> and <c>Type</c> are always there.</summary>
[Flags]
public enum ResponseContent
{
    None = 0,
    MainDicomTags = 1,
    Metadata = 2,
    Children = 4,
    Parent = 8,
    Labels = 16,
    Status = 32,
    IsStable = 64,
    IsProtected = 128,
    Attachments = 256,

    /// <summary><c>LastUpdate</c>, <c>AnonymizedFrom</c>, <c>ModifiedFrom</c> and the file of an instance, as the older form has them.</summary>
    Details = 512,

    /// <summary>What a resource is expanded to where nothing else is asked.</summary>
    Default = MainDicomTags | Children | Parent | Labels | Status | IsStable | IsProtected | Details,
}

/// <summary>Reads the names of <see cref="ResponseContent"/>.</summary>
public static class ResponseContents
{
    /// <exception cref="EdgeException">ParameterOutOfRange for an unknown name.</exception>
    public static ResponseContent Parse(IEnumerable<string> names)
    {
        ResponseContent content = ResponseContent.None;
        foreach (string name in names)
        {
            content |= name switch
            {
                "MainDicomTags" => ResponseContent.MainDicomTags,
                "Metadata" => ResponseContent.Metadata,
                "Children" => ResponseContent.Children,
                "Parent" => ResponseContent.Parent,
                "Labels" => ResponseContent.Labels,
                "Status" => ResponseContent.Status,
                "IsStable" => ResponseContent.IsStable,
                "IsProtected" => ResponseContent.IsProtected,
                "Attachments" => ResponseContent.Attachments,
                "RequestedTags" => ResponseContent.None, // given whenever tags are requested
                _ => throw new EdgeException(ErrorCode.ParameterOutOfRange, $"Unrecognized value for \"ResponseContent\": {name}"),
            };
        }

        return content;
    }

    /// <summary>What must be fetched from the index for it.</summary>
    public static ExpandParts PartsFor(ResponseContent content, ResourceLevel level)
    {
        ExpandParts parts = ExpandParts.None;
        if (content.HasFlag(ResponseContent.Children) && level != ResourceLevel.Instance)
        {
            parts |= ExpandParts.Children;
        }

        if (content.HasFlag(ResponseContent.Parent) && level != ResourceLevel.Patient)
        {
            parts |= ExpandParts.Parent;
        }

        if (content.HasFlag(ResponseContent.Labels))
        {
            parts |= ExpandParts.Labels;
        }

        if (content.HasFlag(ResponseContent.Attachments) || (level == ResourceLevel.Instance && content.HasFlag(ResponseContent.Details)))
        {
            parts |= ExpandParts.Attachments;
        }

        if (content.HasFlag(ResponseContent.Status) && level == ResourceLevel.Series)
        {
            parts |= ExpandParts.InstanceIndexes;
        }

        if (content.HasFlag(ResponseContent.IsProtected) && level == ResourceLevel.Patient)
        {
            parts |= ExpandParts.Protection;
        }

        return parts;
    }
}
