using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Engine.Slices;
using Edge.Store.Index;
using Xunit;

namespace Edge.Unit.Tests.Engine;

public sealed class SliceOrderTests
{
    private const uint Position = 0x00200032;
    private const uint Orientation = 0x00200037;
    private const string Axial = "1\\0\\0\\0\\1\\0";
    private const string Coronal = "1\\0\\0\\0\\0\\-1";

    [Fact]
    public void PositionsOnTheNormalDecide()
    {
        SliceOrder order = SliceOrder.Of(Series(Axial), [Slice("a", "0\\0\\7.5", 1), Slice("b", "0\\0\\-2", 2), Slice("c", "0\\0\\3", 3, Axial)]);
        Assert.True(order.IsVolume);
        Assert.Equal(["b", "c", "a"], order.Slices.Select(slice => slice.PublicId));
    }

    [Theory]
    [InlineData("0\\0\\7", Axial)] // two at one place
    [InlineData("0\\0", Axial)] // no position
    [InlineData("0\\0\\x", Axial)]
    [InlineData("0\\0\\9", Coronal)] // another orientation
    public void OtherwiseTheNumberDecides(string position, string orientation)
    {
        SliceOrder order = SliceOrder.Of(Series(Axial), [Slice("a", "0\\0\\7", 2), Slice("b", position, 1, orientation)]);
        Assert.False(order.IsVolume);
        Assert.Equal(["b", "a"], order.Slices.Select(slice => slice.PublicId));
    }

    [Fact]
    public void ASingleInstanceIsAlwaysInOrderAndItsFramesCount()
    {
        SliceOrder order = SliceOrder.Of(Series(null), [Row("a", ResourceLevel.Instance, [new MainTag(0x00280008, "76 ")], [])]);
        Assert.Equal([new OrderedSlice("a", 76)], order.Slices);
    }

    [Fact]
    public void WithoutPositionsAndNumbersThereIsNoOrder()
    {
        EdgeException failure = Assert.Throws<EdgeException>(() => SliceOrder.Of(Series(null), [Slice("a", null, null), Slice("b", null, 1)]));
        Assert.Equal(ErrorCode.CannotOrderSlices, failure.Code);
    }

    private static ResourceRow Series(string? orientation) => Row("series", ResourceLevel.Series, orientation is null ? [] : [new MainTag(Orientation, orientation)], []);

    private static ResourceRow Slice(string id, string? position, int? number, string? orientation = null)
    {
        List<MainTag> tags = [];
        if (position is not null)
        {
            tags.Add(new MainTag(Position, position));
        }

        if (orientation is not null)
        {
            tags.Add(new MainTag(Orientation, orientation));
        }

        return Row(id, ResourceLevel.Instance, tags, number is null ? [] : [new MetadataValue(MetadataType.IndexInSeries, $"{number}")]);
    }

    private static ResourceRow Row(string id, ResourceLevel level, List<MainTag> tags, List<MetadataValue> metadata) => new()
    {
        Id = id[0],
        Level = level,
        PublicId = id,
        ParentId = 1,
        Tags = PackedTags.From(tags),
        Metadata = PackedMetadata.From(metadata),
    };
}
